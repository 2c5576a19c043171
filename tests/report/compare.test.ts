import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeComparison } from "../../src/report/index.js";
import { distinctNames, picturesBeside } from "../../src/report/run-report.js";
import { train } from "../../src/training/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

test("runs are called by as much of their paths as tells them apart", () => {
  expect(distinctNames(["runs/a", "runs/b/"])).toEqual(["a", "b"]);
  expect(distinctNames(["first/run", "second/run"])).toEqual(["first/run", "second/run"]);
  expect(distinctNames(["same", "./same"])).toEqual(["same 1", "same 2"]);
});

test("pictures stand beside each other where all runs have them", () => {
  const bytes = (value: number) => Uint8Array.of(value);
  const row = (name: string, value: number) => ({ name, pictures: [bytes(0), bytes(value), bytes(9)] });
  const table = (...rows: ReturnType<typeof row>[]) => [
    { title: "depth", columns: ["input", "prediction", "label"], rows },
  ];
  const beside = picturesBeside([table(row("a", 1), row("b", 2)), table(row("b", 3))], ["x", "y"]);
  expect(beside).toEqual([
    {
      title: "depth",
      columns: ["input", "x", "y", "label"],
      rows: [{ name: "b", pictures: [bytes(0), bytes(2), bytes(3), bytes(9)] }],
    },
  ]);
  expect(picturesBeside([table(row("a", 1)), table(row("b", 3))], ["x", "y"])).toEqual([]);
});

test("several runs on one page: numbers against the first, curves, the same images", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const start = (name: string, ...set: string[]) =>
    train({
      config: tinyConfig(folder, "steps=2", "evaluation.every=2", ...set),
      folder: join(folder, name),
    });
  await start("first");
  await start("second", "seed=1");
  await start("depth", "tasks=[depth]");
  await start("normals", "tasks=[normals]");
  const out = join(folder, "compare.html");
  const runs = (...names: string[]) => names.map((name) => join(folder, name));
  const { path, table } = await writeComparison(runs("first", "second"), out);
  expect(path).toBe(out);
  for (const word of ["first", "second", "segmentation", "depth", "normals"]) expect(table).toContain(word);
  const page = readFileSync(out, "utf8");
  expect(page).toContain("2 runs. Δ% is against first.");
  expect(page).toMatch(/alt="depth, second, /);
  // Only what both have.
  const { table: common } = await writeComparison(runs("first", "depth"), out);
  expect(common).not.toContain("segmentation");
  const { facts } = await userError(() => writeComparison(runs("depth", "normals"), out));
  expect(facts).toMatchObject({ code: "report.nothing-in-common", got: "depth; normals" });
});
