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

it.each(suites)("%s says by which variant of JTR its results were made", (file) => {
  const { methods } = parse(readFileSync(file, "utf8")) as Suite;
  const jtr = Object.values(methods).filter(({ method }) => method.name === "jtr");
  expect(jtr.length).toBeGreaterThan(0);
  for (const { method } of jtr) expect(["paper", "released"]).toContain(method.variant);
});
