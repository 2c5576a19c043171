import { expect, test } from "vitest";
import { taskKinds } from "../../src/tasks/index.js";
import { mapKinds } from "../helpers/registered.js";
import { taskConformance } from "../helpers/task-conformance/index.js";
import { taskExamples } from "./examples.js";

test("every kind of maps in the registry has an example", () => {
  const kinds = taskExamples.map(({ entry }) => entry.kind);
  expect(new Set(kinds)).toEqual(new Set(mapKinds.map(({ kind }) => kind)));
});

for (const { entry, example } of taskExamples) {
  taskConformance(entry.kind, taskKinds[entry.kind], entry, example);
}
