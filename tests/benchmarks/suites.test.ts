import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";

interface Suite {
  readonly methods: Readonly<Record<string, { readonly method: Readonly<Record<string, unknown>> }>>;
}

const suites = [
  "benchmarks/learning/suite.yaml",
  ...readdirSync("benchmarks/tables").flatMap((name) =>
    name.endsWith(".yaml") ? [`benchmarks/tables/${name}`] : [],
  ),
];

/** Those of a suite's methods that are JTR. */
function jtrIn(file: string) {
  const { methods } = parse(readFileSync(file, "utf8")) as Suite;
  return Object.values(methods).filter(({ method }) => method?.name === "jtr");
}

it("suites compare with JTR", () => {
  expect(suites.filter((file) => jtrIn(file).length > 0).length).toBeGreaterThan(10);
});

it.each(suites)("%s says by which variant of JTR its results were made, if by any", (file) => {
  for (const { method } of jtrIn(file)) expect(["paper", "released"]).toContain(method.variant);
});
