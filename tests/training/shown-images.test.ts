import { expect, test } from "vitest";
import { shownImages } from "../../src/training/shown-images.js";

/** A split of images 0 to 15; `labels` says which tasks an image is labelled for. */
const dataset = (labels: Readonly<Record<string, readonly string[]>>) => ({
  info: { name: "made", tasks: {}, splits: { val: Array.from({ length: 16 }, (_, i) => String(i)) } },
  labelledTasks: async (_split: string, id: string) => labels[id] ?? [],
});
const tasks = [{ name: "depth" }, { name: "normals" }];

test("images are spread over the split", async () => {
  expect([...(await shownImages(dataset({}), "val", 4, tasks))].map(Number).sort((a, b) => a - b)).toEqual([
    0, 4, 8, 12,
  ]);
});

test("each task has a labelled image among them, in the place of one that is not needed", async () => {
  const shown = await shownImages(dataset({ 3: ["depth"], 8: ["depth"], 13: ["normals"] }), "val", 4, tasks);
  expect(shown.size).toBe(4);
  expect([...shown]).toEqual(expect.arrayContaining(["8", "13"]));
  expect(shown).not.toContain("3");
});

test("no more are shown than there are or than were asked for", async () => {
  const labels = { 3: ["depth"], 5: ["normals"] };
  expect(await shownImages(dataset(labels), "val", 0, tasks)).toEqual(new Set());
  expect([...(await shownImages(dataset(labels), "val", 1, tasks))]).toEqual(["3"]);
  expect((await shownImages(dataset(labels), "val", 99, tasks)).size).toBe(16);
});
