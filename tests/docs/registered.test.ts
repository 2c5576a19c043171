import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { augmentations } from "../../src/data/augment/index.js";
import { formats } from "../../src/data/formats/index.js";
import { scenarios } from "../../src/data/scenarios.js";
import { methods } from "../../src/methods/index.js";
import { models } from "../../src/models/index.js";
import { optimizers } from "../../src/nn/index.js";
import { taskKinds } from "../../src/tasks/index.js";
import { weightings } from "../../src/weighting/index.js";
import { worlds } from "../../src/worlds/index.js";

const registries: Readonly<Record<string, readonly string[]>> = {
  method: Object.keys(methods),
  task: Object.keys(taskKinds),
  model: Object.keys(models),
  weighting: Object.keys(weightings),
  optimizer: Object.keys(optimizers),
  augmentation: Object.keys(augmentations),
  format: Object.keys(formats),
  scenario: Object.keys(scenarios),
  world: Object.keys(worlds),
};
const page = readFileSync("docs/architecture.md", "utf8");
const documented = [...page.matchAll(/^\| (\w+) \| `([\w-]+)` \| \S.*\|$/gm)].map(
  ([, kind, name]) => `${kind} ${name}`,
);
const registered = Object.entries(registries).flatMap(([kind, names]) =>
  names.map((name) => `${kind} ${name}`),
);

it.each(registered)("docs/architecture.md has a line for %s", (entry) => {
  expect(documented).toContain(entry);
});

it("documents nothing that does not exist", () => {
  expect(documented.filter((entry) => !registered.includes(entry))).toEqual([]);
});

it("has a section for every method in docs/methods.md", () => {
  const headings = [...readFileSync("docs/methods.md", "utf8").matchAll(/^## `(.+)`$/gm)].map(
    ([, name]) => name,
  );
  expect(headings.sort()).toEqual([...registries.method].sort());
});
