import { join } from "node:path";
import { expect, it } from "vitest";
import { scanDistance } from "../../src/constraints/scan-depth.js";
import { openDataset } from "../../src/data/formats/index.js";
import { writeWorld } from "../../src/data/synthesis/write.js";
import { SCAN_POINTS, type Scan, scanField } from "../../src/fields/scan.js";
import { gradients, input, reduceSum } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { worldByName } from "../../src/worlds/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

/** The distance of depth [H,W] from a scan, and its gradient. */
async function distance(depth: Float32Array, scan: Scan, [height, width]: readonly [number, number]) {
  const predicted = input("depth", [1, 1, height, width]);
  const array = new Float32Array(4 * SCAN_POINTS);
  scanField.write(scan, { "": array }, 0);
  const value = scanDistance(predicted, input("scan", [1, 4, SCAN_POINTS]), 0.3);
  const [gradient] = gradients(reduceSum(value), [predicted]);
  const { value: values, gradient: slopes } = await evaluate(
    engine,
    { value, gradient },
    { depth, scan: array },
  );
  return { value: values[0], gradient: slopes };
}

/** A plane whose 1/d is linear in the picture, at pixel (x, y). */
const planeAt = (x: number, y: number) => 1 / (0.1 + 0.002 * x + 0.004 * y);
const SIZE = [12, 16] as const;
const plane = Float32Array.from({ length: 12 * 16 }, (_, i) => planeAt(i % 16, Math.floor(i / 16)));
const POINTS = [
  [2.3, 4.9],
  [14.8, 0.2],
  [0, 11],
  [7.5, 7.5],
];
const exact: Scan = { points: Float32Array.from(POINTS.flatMap(([x, y]) => [x, y, planeAt(x, y)])) };

it("is zero for the exact depth of a plane, between pixels too, and the relative error else", async () => {
  expect((await distance(plane, exact, SIZE)).value).toBeLessThan(1e-6);
  const { value, gradient } = await distance(
    plane.map((depth) => 1.25 * depth),
    exact,
    SIZE,
  );
  expect(value).toBeCloseTo(0.2, 5);
  // What is too far is to come nearer, where something was measured.
  expect(gradient.every((slope) => slope >= 0)).toBe(true);
  expect(gradient.filter((slope) => slope > 0)).toHaveLength(4 + 4 + 1 + 4);
  expect((await distance(plane, { points: new Float32Array(0) }, SIZE)).value).toBe(0);
});

it("leaves out points where predicted depth leaps", async () => {
  const leap = plane.map((depth, i) => (i % 16 >= 8 ? 3 * depth : depth));
  const beside: Scan = { points: Float32Array.of(7.5, 5, planeAt(7.5, 5)) };
  expect((await distance(leap, beside, SIZE)).value).toBe(0);
});

it("is next to zero for the depth of a street that the sensor sweeps", async () => {
  const path = join(scratchFolder(), "streets");
  const size = [64, 128] as const;
  await writeWorld({
    ...{ out: path, world: worldByName("streets", "plain"), style: "plain", splits: { train: 1 } },
    ...{ size, seed: 4, video: 1, lidar: "hdl-32e" },
  });
  const dataset = await openDataset({ format: "folder", path, scan: true });
  const [id] = dataset.info.splits.train;
  const { scan, labels } = await dataset.read("train", id, ["depth"]);
  expect(scan!.points.length / 3).toBeGreaterThan(300);
  const depth = labels.depth.data.map((value, i) => (labels.depth.valid[i] === 1 ? value : 250));
  expect((await distance(depth, scan!, size)).value).toBeLessThan(0.02);
  const farther = depth.map((value) => 1.25 * value);
  expect((await distance(farther, scan!, size)).value).toBeGreaterThan(0.19);
  // Half as large, the points go with the picture.
  const half = await (await openDataset({ format: "folder", path, scan: true, size: [32, 64] })).read(
    "train",
    id,
    ["depth"],
  );
  const small = half.labels.depth.data.map((value, i) => (half.labels.depth.valid[i] === 1 ? value : 250));
  expect((await distance(small, half.scan!, [32, 64])).value).toBeLessThan(0.08);
});

it("says so where a format has no sweeps", async () => {
  const { facts } = await userError(() =>
    openDataset({ format: "camvid", path: scratchFolder(), scan: true }),
  );
  expect(facts).toMatchObject({ code: "data.no-sweeps", got: "camvid" });
});
