import { describe, expect, it } from "vitest";
import { add, gradients, input, mul, relu, type Tensor } from "../../src/graph/index.js";
import { apply, defineOperator } from "../../src/graph/tensor.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { gradcheck } from "../helpers/gradcheck.js";
import { bentCase, gradientCase, type OperatorCase, tiedCase, uniform } from "../helpers/operator-case.js";
import { operatorCases } from "./cases/index.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

const tied = operatorCases.flatMap((operatorCase) => tiedCase(operatorCase) ?? []);

describe("gradients agree with finite differences", () => {
  it("also where one tensor stands in two places", () => {
    expect(tied.length).toBeGreaterThan(4);
  });

  for (const operatorCase of [...operatorCases, ...tied]) {
    it(operatorCase.name, async () => {
      expect(await gradcheck(engine, operatorCase)).toEqual([]);
    });
  }
});

describe("second derivatives agree with finite differences", () => {
  for (const operatorCase of [...operatorCases, ...tied].filter(({ order }) => order !== 1)) {
    it(operatorCase.name, async () => {
      expect(await gradcheck(engine, gradientCase(bentCase(operatorCase)))).toEqual([]);
    });
  }
});

describe("the check itself", () => {
  const wrong = (factor: number): OperatorCase => {
    const Cubed = defineOperator({
      name: "Cubed",
      infer: ([x]) => [x],
      gradient: ({ inputs: [x], grad }) => [mul(grad, mul(mul(x, x), factor))],
      lower: ({ names: [x], emit }) => [emit("Mul", [x, emit("Mul", [x, x])])],
    });
    return {
      name: "x cubed",
      covers: ["Cubed"],
      inputs: { x: uniform([2, 3], 0.5, 1.5) },
      build: ({ x }) => apply(Cubed, [x as Tensor], {}),
    };
  };

  it("passes a right gradient", async () => {
    expect(await gradcheck(engine, wrong(3))).toEqual([]);
  });

  it("catches a gradient that is one per cent off", async () => {
    const errors = await gradcheck(engine, wrong(3.03));
    expect(errors.map(({ along }) => along)).toEqual(expect.arrayContaining([expect.stringMatching(/^x/)]));
    expect(errors.map(({ along }) => along)).toContain("direction 0");
  });

  it("catches a gradient that is not a number", async () => {
    expect(await gradcheck(engine, wrong(Number.NaN))).not.toEqual([]);
  });
});

describe("gradients()", () => {
  const x = input("x", [2, 3]);

  it("gives zeros of its shape for a tensor that the output does not depend on", () => {
    expect(gradients(relu(x), [input("y", [4])])[0].shape).toEqual([4]);
  });

  it("refuses a seed of another shape, naming both", () => {
    expect(() => gradients(relu(x), [x], input("s", [3]))).toThrow(/seed.*float32\[3\], float32\[2,3\]/);
  });

  it("adds up the paths through a tensor that is used twice", async () => {
    const twice: OperatorCase = {
      name: "a tensor used twice",
      covers: [],
      inputs: { x: uniform([3]) },
      build: ({ x }) => add(mul(x, x), mul(x, 3)),
    };
    expect(await gradcheck(engine, twice)).toEqual([]);
  });
});
