import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { expandSuite, parseSuite } from "../../src/bench/index.js";
import { parseCollective } from "../../src/collective/index.js";
import { parseDatasetYaml } from "../../src/data/dataset-yaml.js";
import { parseClassTable } from "../../src/training/class-table.js";
import { configJsonSchema, parseConfig } from "../../src/training/config/index.js";
import { blocksOf } from "./blocks.js";

const pages = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

it.each(pages)("links of %s lead somewhere", (page) => {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link);
  const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(dirname(page), link)));
  expect(broken).toEqual([]);
});

const yamlBlocks = pages.flatMap((page) =>
  blocksOf(page).flatMap(({ language, text }) => (language === "yaml" ? [[page, text] as const] : [])),
);
it.each(yamlBlocks)(
  "YAML in %s is a configuration, a collective, a suite, a dataset.yaml or a table of classes that Taskloom takes",
  (page, text) => {
    const value = parse(text) as object;
    if ("mediator" in value) parseCollective(text, `${page}.yaml`);
    else if ("data" in value) parseConfig(text, `${page}.yaml`);
    else if ("methods" in value) expandSuite(parseSuite(text, `${page}.yaml`), "out");
    else if ("tasks" in value) parseDatasetYaml(text, page);
    else parseClassTable(text, page);
  },
);

describe("the configuration reference", () => {
  const schema = JSON.parse(readFileSync("docs/config.schema.json", "utf8"));
  it("config.schema.json is what the code checks (else: npm run schema)", () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });
  it("configuration.md follows from it (else: npm run schema)", async () => {
    const script = "../../scripts/lib/config-reference.mjs";
    const { configReference } = (await import(script)) as { configReference(schema: unknown): string };
    expect(readFileSync("docs/configuration.md", "utf8")).toBe(configReference(schema));
  });
});
