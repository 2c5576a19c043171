import { describe, expect, it } from "vitest";
import {
  cameraBack,
  constraintContext,
  motionTask,
  predictedMotion,
  rotationOf,
} from "../../src/constraints/predicted-motion.js";
import { rotationOfAngles } from "../../src/geometry/rigid.js";
import type { Vec3 } from "../../src/geometry/rotation.js";
import { gradients } from "../../src/graph/gradients.js";
import { add, input, matmul, reduceSum, reshape, type Tensor } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { userError } from "../helpers/folder.js";

const ANGLES: Vec3[] = [
  [0.1, -0.2, 0.3],
  [1.2, 0.7, -0.5],
];
const [HEIGHT, WIDTH] = [2, 3];
const AREA = HEIGHT * WIDTH;
const engine = await nodeEngine({ provider: "cpu" });

/** A prediction: each channel's own values, those of the camera the same at every pixel. */
function prediction(channels: number, camera: (n: number, channel: number) => number): Float32Array {
  return Float32Array.from({ length: 2 * channels * AREA }, (_, i) => {
    const channel = Math.floor(i / AREA) % channels;
    const n = Math.floor(i / AREA / channels);
    return channel >= 6 && channel < 9 ? 0.01 * i : camera(n, channel);
  });
}

/** A source whose tensors are leaves named by what they are. */
function leaves(specs: Record<string, unknown>) {
  const tasks = resolveTasks(specs);
  const known = new Map<string, Tensor>();
  const leaf = (name: string, shape: readonly number[]) => {
    const tensor = known.get(name) ?? input(name, shape);
    known.set(name, tensor);
    return tensor;
  };
  return constraintContext({
    ...{ tasks, batchSize: 2, size: [HEIGHT, WIDTH] },
    image: (frame) => leaf(`image${frame}`, [2, 3, HEIGHT, WIDTH]),
    camera: (frame) => leaf(`camera${frame}`, [2, 4]),
    givenMotion: (from, to) => ({
      rotation: leaf(`given${from}${to}`, [2, 3, 3]),
      translation: leaf(`shift${from}${to}`, [2, 3]),
      residual: null,
    }),
    predictions: (frames) =>
      Object.fromEntries(
        tasks
          .filter(({ kind }) => (kind.frames ?? 1) === frames.length)
          .map(({ name, kind, spec }) => [
            name,
            leaf(`${name}${frames.join("")}`, [2, kind.learning.channels(spec), HEIGHT, WIDTH]),
          ]),
      ),
  });
}

describe("predicted motion", () => {
  it("turns by Rx(a) Ry(b) Rz(c)", async () => {
    const { rotation } = await evaluate(
      engine,
      { rotation: rotationOf(input("angles", [2, 3])) },
      { angles: Float32Array.from(ANGLES.flat()) },
    );
    const expected = ANGLES.flatMap((angles) => [...rotationOfAngles(angles)]);
    for (const [i, value] of rotation.entries()) expect(value).toBeCloseTo(expected[i], 5);
  });

  it("takes each part from its channels", async () => {
    const map = input("map", [2, 9, HEIGHT, WIDTH]);
    const { rotation, translation, residual } = predictedMotion(map);
    const feeds = { map: prediction(9, (n, c) => (c < 3 ? ANGLES[n][c] : 10 * n + c)) };
    const got = await evaluate(engine, { rotation, translation, residual: residual! }, feeds);
    expect([...got.translation]).toEqual([3, 4, 5, 13, 14, 15]);
    expect(got.rotation[8]).toBeCloseTo(rotationOfAngles(ANGLES[0])[8], 5);
    expect(got.residual.slice(0, 3 * AREA)).toEqual(feeds.map.slice(6 * AREA, 9 * AREA));
    const [gradient] = gradients(reduceSum(translation), [map]);
    const { sums } = await evaluate(engine, { sums: reduceSum(gradient, { axes: [2, 3] }) }, feeds);
    expect([...sums]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]);
  });
});

it("the camera's motion undone leads every point back", async () => {
  const map = input("map", [2, 9, HEIGHT, WIDTH]);
  const there = predictedMotion(map);
  const back = cameraBack(there, null);
  expect(back.residual).toBeNull();
  const shifted = reshape(there.translation, [2, 3, 1]);
  const returned = add(matmul(back.rotation, shifted), reshape(back.translation, [2, 3, 1]));
  const feeds = { map: prediction(9, (n, c) => (c < 3 ? ANGLES[n][c] : 10 * n + c)) };
  const turned = matmul(back.rotation, there.rotation);
  const got = await evaluate(engine, { returned, turned }, feeds);
  for (const value of got.returned) expect(value).toBeCloseTo(0, 4);
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (const [i, value] of got.turned.entries()) expect(value).toBeCloseTo(identity[i % 9], 5);
});

describe("what a constraint sees", () => {
  it("is the given motion and camera where no task predicts them", () => {
    const context = leaves({ depth: { kind: "depth" } });
    expect(context.motion(1, 0)).toMatchObject({ residual: null });
    expect(context.frame(1).camera.node.op.name).toBe("Input");
    expect(Object.keys(context.frame(0).predictions)).toEqual(["depth"]);
  });

  it("is the predicted motion from each frame to the other, and the camera of both together", async () => {
    const context = leaves({ depth: { kind: "depth" }, ego: { kind: "motion", intrinsics: true } });
    expect(Object.keys(context.frame(0).predictions)).toEqual(["depth"]);
    const outputs = {
      there: context.motion(0, 1).translation,
      back: context.motion(1, 0).translation,
      camera0: context.frame(0).camera,
      camera1: context.frame(1).camera,
    };
    const got = await evaluate(engine, outputs, {
      ego01: prediction(13, (_, c) => c),
      ego10: prediction(13, (_, c) => -c + 20),
    });
    expect([...got.there.slice(0, 3)]).toEqual([3, 4, 5]);
    expect([...got.back.slice(0, 3)]).toEqual([17, 16, 15]);
    expect([...got.camera0.slice(0, 4)]).toEqual([10, 10, 10, 10]);
    expect(got.camera1).toEqual(got.camera0);
  });

  it("is of one task alone", async () => {
    const tasks = resolveTasks({ one: { kind: "motion" }, other: { kind: "motion" } });
    expect((await userError(() => motionTask(tasks))).facts.code).toBe("constraint.no-task");
    expect(motionTask([])).toBeUndefined();
  });
});
