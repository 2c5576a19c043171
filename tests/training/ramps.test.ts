import { join } from "node:path";
import { expect, test } from "vitest";
import { rampAt } from "../../src/methods/ramp.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { checkpointOf } from "../../src/training/export.js";
import { findRun, train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

test("a weight is 0 up to rampFrom, grows over rampUp steps, and stays", () => {
  const at = (rampFrom: number, rampUp: number) =>
    [0, 1, 2, 3, 4, 5].map((step) => rampAt({ rampFrom, rampUp }, step));
  expect(at(0, 0)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(at(0, 4)).toEqual([0, 0.25, 0.5, 0.75, 1, 1]);
  expect(at(2, 0)).toEqual([0, 0, 1, 1, 1, 1]);
  expect(at(1, 2)).toEqual([0, 0, 0.5, 1, 1, 1]);
});

test.each(["jtr", "mtpsl", "direct-map", "perceptual-map"])(
  "while its weight is 0, a term of %s leaves the kept network alone",
  async (method) => {
    const folder = scratchFolder();
    await writeTiny(join(folder, "data"));
    const kept = async (run: string, options: string) => {
      const config = tinyConfig(
        folder,
        `method=${options}`,
        "tasks=[depth, normals]",
        "steps=3",
        "clipNorm=1",
        "evaluation.split=null",
      );
      await train({ config, folder: join(folder, run) });
      const { arrays, owners } = await loadCheckpoint(checkpointOf(findRun(join(folder, run)), "last"));
      const names = [...arrays.keys()].filter((name) => owners.get(name)!.kept);
      return new Map(names.map((name) => [name, arrays.get(name)!.data]));
    };
    const supervised = await kept("supervised", "{name: supervised}");
    expect(await kept("waiting", `{name: ${method}, width: 4, rampFrom: 3}`)).toEqual(supervised);
    expect(await kept("pulling", `{name: ${method}, width: 4}`)).not.toEqual(supervised);
  },
);
