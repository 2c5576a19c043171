import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { embed } from "../../src/report/embed.js";
import { writeFeatures, writeRunReport } from "../../src/report/index.js";
import { scatterFile } from "../../src/report/scatter.js";
import { findRun, keptData, train } from "../../src/training/index.js";
import { temporaryFolder } from "../helpers/dataset.js";
import { userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

describe("embedding", () => {
  /** Two directions, each with some noise that depends on the row alone. */
  const rows = Array.from({ length: 24 }, (_, i) =>
    Float32Array.from({ length: 8 }, (_, c) => Number(c % 2 === i % 2) + 0.01 * Math.sin(i * 8 + c)),
  );
  const options = { perplexity: 5, iterations: 250, seed: 3 };

  test("keeps what is alike together, and is the same for the same seed", async () => {
    const told: number[] = [];
    const onProgress = (done: number) => void told.push(done);
    const places = await embed(rows, { ...options, onProgress });
    expect(await embed(rows, options)).toEqual(places);
    expect(await embed(rows, { ...options, seed: 4 })).not.toEqual(places);
    expect(told.at(-1)).toBe(250);
    const distance = (a: number, b: number) =>
      Math.hypot(places[a][0] - places[b][0], places[a][1] - places[b][1]);
    const nearest = rows.map((_, i) =>
      [...rows.keys()]
        .filter((j) => j !== i)
        .reduce((best, j) => (distance(i, j) < distance(i, best) ? j : best)),
    );
    for (const [i, j] of nearest.entries()) if (i > 0) expect(j % 2).toBe(i % 2);
  });

  test("of few points is a row of them", async () => {
    expect(await embed(rows.slice(0, 2), options)).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });
});

describe("scatter plots", () => {
  test("escape names, draw unknown points in grey behind the others, and wrap their legend", () => {
    const entries = Array.from({ length: 12 }, (_, i) => ({
      name: `a class <${i}>`,
      colour: [i, 0, 0] as const,
    }));
    const svg = scatterFile({
      title: "<b>",
      points: [
        { x: 0, y: 0, colour: [1, 2, 3], title: "one" },
        { x: 5, y: 9, title: "two" },
      ],
      legend: { kind: "entries", entries },
    });
    expect(svg).toContain("&lt;b&gt;");
    expect(svg).not.toContain("<b>");
    expect(svg.indexOf('class="unknown"')).toBeLessThan(svg.indexOf("rgb(1,2,3)"));
    expect(svg).not.toContain("NaN");
    expect(
      [...svg.matchAll(/class="key" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y)).at(-1),
    ).toBeGreaterThan(20);
  });
});

describe("local features of a run", () => {
  let folder = "";
  const run = () => findRun(join(folder, "run"));
  const options = { split: "val", points: 40, seed: 0, perplexity: 5, iterations: 20 };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeTiny(join(folder, "data"));
    await train({ config: tinyConfig(folder, "steps=1"), folder: join(folder, "run") });
  }, 180_000);

  test("are drawn in the colours of each task's labels, alike for one seed, and stand in the report", async () => {
    const out = join(folder, "plots");
    const paths = await writeFeatures(run(), { ...options, out });
    expect(paths).toEqual(
      ["segmentation.svg", "depth.svg", "normals.svg"]
        .map((name) => join(out, `features-${name}`))
        .concat(join(out, "features.json")),
    );
    const { places, channels } = JSON.parse(readFileSync(paths[3], "utf8"));
    expect(channels).toBe(4);
    expect(places).toHaveLength(40);
    expect(new Set(places.map(({ id }: { id: string }) => id))).toEqual(new Set(["val-0", "val-1", "val-2"]));
    for (const { labels, tsne } of places) {
      expect([0, 1, 2]).toContain(labels.segmentation);
      expect(labels.depth).toBeGreaterThan(0.9);
      expect(labels.normals).toHaveLength(3);
      expect(tsne.every(Number.isFinite)).toBe(true);
    }
    const before = readFileSync(paths[0], "utf8");
    expect(before.match(/<circle/g)!.length).toBe(40 + 3);
    await writeFeatures(run(), { ...options, out });
    expect(readFileSync(paths[0], "utf8")).toBe(before);
    expect(existsSync(join(run().features, "features-depth.svg"))).toBe(true);
    const { path } = await writeRunReport(run().folder, (await keptData(run())).tasks);
    expect(readFileSync(path, "utf8").match(/alt="local features by \w+"/g)).toHaveLength(3);
  });

  test("a split that is not there is named", async () => {
    const { facts } = await userError(() => writeFeatures(run(), { ...options, split: "tset" }));
    expect(facts).toMatchObject({ code: "data.unknown-split", fix: "Did you mean test?" });
  });
});
