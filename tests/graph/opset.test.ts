import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import {
  decodeModel,
  encodeModel,
  gridSample,
  input,
  lowerGraph,
  OLDEST_OPSET,
  OPSET,
  PORTABLE,
  reduceMax,
  scatterAdd,
} from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { compile } from "../helpers/compile.js";
import { misfits } from "../helpers/onnx-schemas.js";
import { feedsOf, gradientCase, type OperatorCase, symbols } from "../helpers/operator-case.js";
import { operatorCases } from "./cases/index.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });
const OPSETS = Array.from({ length: OPSET - OLDEST_OPSET + 1 }, (_, i) => OLDEST_OPSET + i);

function encoded(operatorCase: OperatorCase, opset: number): ReturnType<typeof decodeModel> {
  const tensor = operatorCase.build(symbols(operatorCase));
  return decodeModel(encodeModel(lowerGraph([{ name: "result", tensor }], PORTABLE), {}, opset));
}

async function values(operatorCase: OperatorCase, opset: number): Promise<Float32Array> {
  const result = operatorCase.build(symbols(operatorCase));
  const compiled = await compile(engine, { result }, { target: PORTABLE, opset });
  try {
    return (await compiled.run(feedsOf(operatorCase))).result;
  } finally {
    await compiled.release();
  }
}

describe("every operator", () => {
  for (const operatorCase of operatorCases) {
    it(`${operatorCase.name}: is written in forms of each operator set, and computes the same in the 17th`, async () => {
      for (const each of [operatorCase, gradientCase(operatorCase)]) {
        for (const opset of OPSETS) {
          try {
            expect(misfits(encoded(each, opset)), `opset ${opset}`).toEqual([]);
          } catch (error) {
            // Older sets lack some of them.
            if (!(error instanceof UserError) || opset >= 16) throw error;
          }
        }
        const [older, newest] = [await values(each, 17), await values(each, OPSET)];
        const largest = newest.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        expect(older.length).toBe(newest.length);
        // Written so that NaN counts as different.
        expect(newest.findIndex((value, i) => !(Math.abs(older[i] - value) <= 1e-6 * largest))).toBe(-1);
      }
    });
  }
});

describe("an operator set", () => {
  const x = input("x", [1, 2, 3, 3]);
  const bytes = (tensor: typeof x, opset: number) =>
    encodeModel(lowerGraph([{ name: "y", tensor }], PORTABLE), {}, opset);

  it("goes with the version of the file format that came with it", () => {
    const versions = OPSETS.map((opset) => {
      const { irVersion, opsetImport } = decodeModel(bytes(x, opset));
      expect(opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", BigInt(opset)]]);
      return Number(irVersion);
    });
    expect(versions).toEqual([7, 7, 8, 8, 8, 8, 9, 9, 10]);
  });

  it("before the 18th takes the axes of maxima as an attribute, and no constant is left behind", () => {
    const tensor = reduceMax(x, { axes: [2, 3] });
    const { graph } = decodeModel(bytes(tensor, 17));
    expect(graph!.node.map(({ input: inputs }) => inputs)).toEqual([["x"]]);
    expect(graph!.node[0].attribute.find(({ name }) => name === "axes")!.ints).toEqual([2n, 3n]);
    expect(graph!.initializer).toEqual([]);
    expect(decodeModel(bytes(tensor, 18)).graph!.initializer).toHaveLength(1);
  });

  it("that lacks an operator, or is none, is refused by name", () => {
    const grid = input("grid", [1, 2, 2, 2]);
    expect(() => bytes(gridSample(x, grid), 15)).toThrow(
      "opset 15: the model needs GridSample, which this operator set does not have. Choose opset 16 or a later one.",
    );
    const [data, index] = [input("d", [4]), input("i", [2], "int64")];
    expect(() => bytes(scatterAdd(data, index, input("u", [2]), 0), 15)).toThrow(/ScatterElements/);
    for (const opset of [12, 22, 17.5, Number.NaN]) {
      expect(() => bytes(x, opset)).toThrow(`expected a whole number from 13 to 21, got ${opset}`);
    }
  });
});
