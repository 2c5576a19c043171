import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { halfPrecision } from "../../src/graph/half.js";
import * as g from "../../src/graph/index.js";

const HALF = 10;
const random = new Random(5, "half");
const values = (count: number, factor = 1) =>
  Float32Array.from({ length: count }, () => factor * random.normal());

const x = g.input("x", [1, 3, 8, 8]);
const weights = new Map([
  ["first", values(4 * 27, 0.3)],
  ["second", values(4 * 36, 0.3)],
  ["scale", values(4)],
]);
const first = g.relu(g.conv2d(x, g.input("first", [4, 3, 3, 3]), { padding: 1 }));
const pooled = g.maxPool2d(first, { kernel: 2, stride: 2 });
const second = g.conv2d(g.maxUnpool2d(pooled.output, pooled.indices), g.input("second", [4, 4, 3, 3]), {
  padding: 1,
});
const outputs = {
  plain: second,
  units: g.softmax(second, 1),
  scaled: g.mul(second, g.reshape(g.input("scale", [4]), [1, 4, 1, 1])),
  classes: g.argMax(second, 1),
};

const encoded = g.encodeModel(
  g.lowerGraph(
    Object.entries(outputs).map(([name, tensor]) => ({ name, tensor })),
    g.PORTABLE,
    weights,
  ),
  { about: "kept" },
  17,
);
const half = halfPrecision(encoded);

async function run(bytes: Uint8Array) {
  const session = await ort.InferenceSession.create(bytes);
  const fed = new Random(6, "half");
  const image = Float32Array.from({ length: 3 * 64 }, () => fed.normal());
  const results = await session.run({ x: new ort.Tensor("float32", image, [1, 3, 8, 8]) });
  await session.release();
  return results;
}

describe("a model in half precision", () => {
  it("computes nearly the same, with inputs and outputs as before", async () => {
    const [expected, got] = [await run(encoded), await run(half)];
    for (const name of ["plain", "units", "scaled"]) {
      expect(got[name].type).toBe("float32");
      const [a, b] = [expected[name].data as Float32Array, got[name].data as Float32Array];
      const largest = Math.max(...a.map(Math.abs));
      const error = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
      expect(error, name).toBeGreaterThan(0);
      expect(error, name).toBeLessThan(0.01 * largest);
    }
    expect(got.classes.type).toBe("int64");
    const same = [...(got.classes.data as BigInt64Array)].filter(
      (each, i) => each === expected.classes.data[i],
    );
    expect(same.length).toBeGreaterThan(60);
    expect(g.decodeModel(half).metadataProps).toEqual(g.decodeModel(encoded).metadataProps);
  });

  it("stores the filters in two bytes a value, and the factor behind the last product in four", () => {
    const stored = new Map(
      g
        .decodeModel(half)
        .graph!.initializer.map(({ name, dataType, rawData }) => [name, [dataType, rawData.length]]),
    );
    expect(stored.get("first.half")).toEqual([HALF, 2 * 4 * 27]);
    expect(stored.get("second.half")).toEqual([HALF, 2 * 4 * 36]);
    expect(stored.get("scale")).toEqual([1, 16]);
    expect(stored.has("first")).toBe(false);
  });

  it("keeps weights beyond its range at its ends", () => {
    const product = g.matmul(g.input("y", [1, 2]), g.input("w", [2, 1]));
    const large = new Map([["w", Float32Array.of(1e6, -1e9)]]);
    const bytes = halfPrecision(
      g.encodeModel(g.lowerGraph([{ name: "product", tensor: product }], g.PORTABLE, large), {}, 17),
    );
    const [{ rawData }] = g.decodeModel(bytes).graph!.initializer;
    expect([...new Uint16Array(rawData.slice().buffer)]).toEqual([0x7bff, 0xfbff]);
  });
});
