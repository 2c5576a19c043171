import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { topologicalOrder } from "../../src/graph/lowering.js";
import type { Operator } from "../../src/graph/tensor.js";
import { gradientCase, type OperatorCase, symbols } from "../helpers/operator-case.js";
import { operatorCases } from "./cases/index.js";

const folder = new URL("../../src/graph/ops/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));

function isOperator(value: unknown): value is Operator {
  return typeof value === "object" && value !== null && "infer" in value && "lower" in value;
}

const operators: { file: string; operator: Operator }[] = [];
for (const file of files) {
  const module: Record<string, unknown> = await import(new URL(file.replace(/\.ts$/, ".js"), folder).href);
  for (const value of Object.values(module)) if (isOperator(value)) operators.push({ file, operator: value });
}

/**
 * Names of the operators in the graphs that a case checks: its own and, where it is differentiated twice, its
 * gradient's.
 */
function operatorsIn(operatorCase: OperatorCase): Set<string> {
  const checked = operatorCase.order === 1 ? [operatorCase] : [operatorCase, gradientCase(operatorCase)];
  const outputs = checked.map((each) => each.build(symbols(each)));
  return new Set(topologicalOrder(outputs).map((node) => node.op.name));
}

describe("the operators", () => {
  it("are found", () => {
    expect(operators.length).toBeGreaterThan(50);
  });

  it("are all exported from their files, so that this test sees them", () => {
    const hidden = files.filter((file) =>
      /^const \w+(: .*)? = defineOperator/m.test(readFileSync(new URL(file, folder), "utf8")),
    );
    expect(hidden).toEqual([]);
  });

  it("have names of their own", () => {
    const names = operators.map(({ operator }) => operator.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  for (const { file, operator } of operators) {
    it(`${operator.name} (${file}) has a gradient that is checked, or none by nature`, () => {
      if (operator.gradient === "none") return;
      expect(typeof operator.gradient).toBe("function");
      const covering = operatorCases.filter(({ covers }) => covers.includes(operator.name));
      expect(
        covering.map(({ name }) => name),
        "add a case to tests/graph/cases",
      ).not.toEqual([]);
    });
  }
});

describe("the cases", () => {
  it("contain every operator", () => {
    const present = new Set(operatorCases.flatMap((operatorCase) => [...operatorsIn(operatorCase)]));
    const missing = operators.map(({ operator }) => operator.name).filter((name) => !present.has(name));
    expect(missing, "add a case to tests/graph/cases").toEqual([]);
  });

  it("have names of their own", () => {
    const names = operatorCases.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  for (const operatorCase of operatorCases) {
    it(`${operatorCase.name} contains what it says it covers`, () => {
      const present = operatorsIn(operatorCase);
      expect(operatorCase.covers.filter((name) => !present.has(name))).toEqual([]);
    });
  }
});
