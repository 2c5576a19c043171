import { spawnSync } from "node:child_process";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSplit } from "../../../src/data/evaluation-reader.js";
import { epochPace, roundPace, stepsPerEpoch } from "../../../src/data/loading/draws.js";
import {
  type Loader,
  type LoaderOptions,
  openLoader,
  type StreamPlan,
} from "../../../src/data/loading/loader.js";
import type { Batch, ViewSpec } from "../../../src/data/types.js";
import { workerEntry } from "../../../src/data/worker-entry.js";
import { greyPng, noisePng, tinyFolder, userError, writeFiles } from "../../helpers/dataset.js";

const VIEWS: ViewSpec[] = [
  {
    from: "sample",
    augmentations: [
      { name: "flip", probability: 0.5 },
      { name: "scale-crop", scales: [1, 1.2, 1.5] },
    ],
  },
  {
    from: 0,
    augmentations: [
      { name: "scale-crop", scales: [1.2, 1.5] },
      { name: "rand-augment", operations: 2 },
    ],
  },
];
const TASKS = ["segmentation", "depth", "normals"];

/** A loader of the stream `main`, and of one appended to it. */
interface Flat extends StreamPlan, Omit<LoaderOptions, "streams"> {
  readonly append?: {
    readonly count: number;
    readonly split: string | null;
    readonly tasks?: readonly string[];
  };
}

async function options(more: Partial<Flat> = {}): Promise<Flat> {
  const path = await tinyFolder({ train: 7 });
  const source = { format: "folder", path };
  return {
    source,
    split: "train",
    tasks: TASKS,
    labels: null,
    batchSize: 2,
    size: [6, 8],
    views: VIEWS,
    seed: 11,
    workers: 0,
    ...more,
  };
}

function nested({ seed, workers, prefetch, cacheBytes, start, append, ...main }: Flat): LoaderOptions {
  const more = { seed, workers, prefetch, cacheBytes, start };
  if (append === undefined) return { streams: { main }, ...more };
  const { count, split, tasks = null } = append;
  const appended = { ...main, batchSize: count, appendTo: "main" };
  if (split !== null) return { streams: { main, append: { ...appended, split, labels: tasks } }, ...more };
  const streams = {
    main: { ...main, images: "labelled" as const },
    append: { ...appended, images: "unlabelled" as const },
  };
  return { streams, ...more };
}

const open = (given: Flat) => openLoader(nested(given));
const idsOf = (batch: Batch) => batch.drawn.main.map(({ id }) => id);

async function take(loader: Loader, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let i = 0; i < count; i++) batches.push(await loader.next());
  return batches;
}

async function takeFrom(given: Flat, count: number): Promise<Batch[]> {
  const loader = await open(given);
  try {
    return await take(loader, count);
  } finally {
    await loader.close();
  }
}

describe("a batch", () => {
  it("has the arrays the contract names, for every view", async () => {
    const [batch] = await takeFrom(await options(), 1);
    const names = TASKS.flatMap((task) => [`${task}.label`, `${task}.valid`, `${task}.labelled`]);
    const all = ["", "view1."].flatMap((prefix) => ["image", ...names].map((name) => prefix + name));
    expect(Object.keys(batch.arrays).sort()).toEqual([...all, "view1.placement"].sort());
    expect(batch.arrays["view1.placement"].shape).toEqual([2, 5]);
    const shape = (name: string) => batch.arrays[name].shape;
    expect(shape("image")).toEqual([2, 3, 6, 8]);
    expect(shape("view1.normals.label")).toEqual([2, 3, 6, 8]);
    expect(shape("depth.valid")).toEqual([2, 1, 6, 8]);
    expect(shape("depth.labelled")).toEqual([2]);
    for (const { shape, data } of Object.values(batch.arrays)) {
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(data.every(Number.isFinite)).toBe(true);
    }
  });

  it("shows only the labels it may, and zeros elsewhere", async () => {
    const labels = { train00: ["depth"], train01: [], train02: ["segmentation", "normals"] };
    const batches = await takeFrom(await options({ labels }), 3);
    for (const { drawn, arrays } of batches) {
      drawn.main.forEach(({ id }, n) => {
        for (const task of TASKS) {
          const allowed = (labels as Record<string, string[]>)[id]?.includes(task) ? 1 : 0;
          for (const prefix of ["", "view1."]) {
            expect(arrays[`${prefix}${task}.labelled`].data[n]).toBe(allowed);
            const { data } = arrays[`${prefix}${task}.valid`];
            const valid = data.subarray(n * 48, (n + 1) * 48);
            expect(valid.some((value) => value === 1)).toBe(allowed === 1);
          }
        }
      });
    }
  });

  it("reads no label file that it may not show", async () => {
    const given = await options({ labels: {} });
    await writeFiles(given.source.path, { "train/depth/train00.png": "damaged" });
    await takeFrom(given, 4);
  });
});

describe("the order", () => {
  it("goes through an epoch without repetition and drops what fills no batch", async () => {
    const given = await options();
    const batches = await takeFrom(given, 6);
    const epochs = [batches.slice(0, 3), batches.slice(3)].map((epoch) => epoch.flatMap(idsOf));
    for (const ids of epochs) expect(new Set(ids).size).toBe(6);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(stepsPerEpoch(7, 2)).toBe(3);
  });

  it("goes round where the set is smaller than a batch", async () => {
    const [batch] = await takeFrom(await options({ batchSize: 10 }), 1);
    const ids = idsOf(batch);
    expect(new Set(ids).size).toBe(7);
    expect(ids.slice(7)).toEqual(ids.slice(0, 3));
    const image = batch.arrays["view1.image"].data;
    // The second time round, a sample gets other random numbers.
    expect(image.slice(0, 144)).not.toEqual(image.slice(7 * 144, 8 * 144));
    const draws = epochPace({ seed: 0, samples: 1, batchSize: 3 }).draws(0);
    expect(draws.map(({ key }) => key)).toEqual([0, 1, 2].map((round) => [0, round]));
  });

  it("resumes at any position with the same batches", async () => {
    const given = await options();
    const all = await takeFrom(given, 7);
    const loader = await open({ ...given, start: { main: { epoch: 1, step: 1 } } });
    expect(loader.position()).toEqual({ main: { epoch: 1, step: 1 } });
    expect(await take(loader, 3)).toEqual(all.slice(4));
    expect(loader.position()).toEqual({ main: { epoch: 2, step: 1 } });
    await loader.close();
    const carried = await open({ ...given, start: { main: { epoch: 0, step: 4 } } });
    expect(carried.position()).toEqual({ main: { epoch: 1, step: 1 } });
    await carried.close();
  });

  it("differs between seeds", async () => {
    const given = await options();
    expect(await takeFrom(given, 1)).not.toEqual(await takeFrom({ ...given, seed: 12 }, 1));
  });
});

describe("appended images", () => {
  const bare = { train01: [], train04: [] };
  const labels = {
    ...Object.fromEntries(["00", "02", "03", "05", "06"].map((id) => [`train${id}`, ["depth"]])),
    ...bare,
  };

  it("stand last in every batch, and are taken out of the others where they have no label", async () => {
    const given = await options({ labels, append: { count: 1, split: null } });
    const loader = await open(given);
    expect(loader.samples).toEqual({ main: 5, append: 2 });
    const batches = await take(loader, 6);
    await loader.close();
    for (const batch of batches) {
      const { arrays } = batch;
      expect(idsOf(batch).map((id) => Object.keys(bare).includes(id))).toEqual([false, false, true]);
      expect([...arrays["depth.labelled"].data]).toEqual([1, 1, 0]);
      expect(arrays["view1.image"].shape).toEqual([3, 3, 6, 8]);
    }
    // Each round of the pool shows every image once, whatever the epochs of the others.
    const appended = batches.map((batch) => idsOf(batch)[2]);
    for (const round of [0, 2, 4]) expect(new Set(appended.slice(round, round + 2)).size).toBe(2);
    const images = batches
      .filter((batch) => idsOf(batch)[2] === "train01")
      .map(({ arrays }) => arrays["view1.image"]);
    expect(images[0].data.slice(-144)).not.toEqual(images[1].data.slice(-144));
  });

  it("leave the other images of a batch as they are without them", async () => {
    const given = await options({ labels: { train00: ["depth"] } });
    await cp(join(given.source.path, "train"), join(given.source.path, "more"), { recursive: true });
    await writeFile(
      join(given.source.path, "dataset.yaml"),
      (await readFile(join(given.source.path, "dataset.yaml"), "utf8")).replace(
        /splits:.*(\n *- .*)*/,
        "splits: [train, more]",
      ),
    );
    const [alone, together] = await Promise.all([
      takeFrom(given, 4),
      takeFrom({ ...given, append: { count: 3, split: "more" } }, 4),
    ]);
    together.forEach((batch, i) => {
      const { arrays } = batch;
      expect(idsOf(batch).slice(0, 2)).toEqual(idsOf(alone[i]));
      const { data } = alone[i].arrays.image;
      expect(arrays.image.data.slice(0, data.length)).toEqual(data);
      // A split of its own comes with all the labels it has.
      expect([...arrays["depth.labelled"].data.slice(2)]).toEqual([1, 1, 1]);
    });
  });

  it("resume exactly, on any thread", async () => {
    const given = await options({ labels, append: { count: 3, split: null } });
    const all = await takeFrom(given, 7);
    const loader = await open(given);
    await take(loader, 3);
    const start = loader.position();
    await loader.close();
    expect(start.main).toEqual({ epoch: 1, step: 1 });
    // Nine of two images have been appended, three a batch: the fourth batch begins in the fifth round.
    expect(start.append).toEqual({ epoch: 4, step: 0 });
    expect(await takeFrom({ ...given, start, workers: 2 }, 4)).toEqual(all.slice(3));
    expect(await takeFrom({ ...given, seed: 12 }, 7)).not.toEqual(all);
  });

  it("are drawn evenly: over any stretch from the start, no image more than once oftener than another", () => {
    const small = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(fc.integer({ min: 0 }), small(6), small(12), small(20), (seed, count, samples, batches) => {
        const pace = () => roundPace("append", { seed, samples, batchSize: count });
        const draws = Array.from({ length: batches }, (_, batch) => pace().draws(batch));
        for (const draw of draws) expect(draw.length).toBe(count);
        const uses = new Array<number>(samples).fill(0);
        for (const { index, key } of draws.flat()) expect(key).toEqual([uses[index]++, -1 - index]);
        expect(Math.max(...uses) - Math.min(...uses)).toBeLessThanOrEqual(1);
        const one = pace();
        expect(draws.map((_, batch) => one.draws(batch))).toEqual(draws);
      }),
    );
  });

  it("are missed by name where there are none", async () => {
    const none = await options({ append: { count: 1, split: null } });
    expect((await userError(() => open(none))).facts.code).toBe("data.empty-pool");
    const unlabelled = await options({ labels: {}, append: { count: 1, split: null } });
    expect((await userError(() => open(unlabelled))).facts.code).toBe("data.empty-pool");
    const task = await options({ append: { count: 1, split: "train", tasks: ["dpeth"] } });
    expect((await userError(() => open(task))).facts).toMatchObject({
      code: "data.unknown-task",
      where: "append.tasks",
      fix: "Did you mean depth?",
    });
    const stray = await options({ append: { count: 1, split: "trian" } });
    expect((await userError(() => open(stray))).facts).toMatchObject({
      code: "data.unknown-split",
      fix: "Did you mean train?",
    });
  });
});

describe("worker threads", () => {
  it("give the batches of the calling thread, whatever their number and the cache", async () => {
    const given = await options();
    const here = await takeFrom(given, 8);
    for (const more of [{ workers: 1 }, { workers: 3, prefetch: 5 }, { workers: 2, cacheBytes: 0 }]) {
      expect(await takeFrom({ ...given, ...more }, 8)).toEqual(here);
    }
  });

  it("keep batches ready, so that a slow step never waits", async () => {
    const loader = await open(await options({ workers: 2, prefetch: 3 }));
    // Until every worker has started, a step may wait.
    await take(loader, 4);
    const before = loader.starvedSteps;
    for (let i = 0; i < 6; i++) {
      // As a native training step does: the event loop stands still, the workers do not.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
      await loader.next();
    }
    expect(loader.starvedSteps).toBe(before);
    await loader.close();
  });

  it("count the steps that had to wait", async () => {
    const loader = await open(await options({ workers: 1, prefetch: 1 }));
    await take(loader, 6);
    expect(loader.starvedSteps).toBeGreaterThan(0);
    await loader.close();
  });

  it("hand over the same UserError, and the batch again once the file is mended", async () => {
    const given = await options({ workers: 2 });
    const file = join(given.source.path, "train/depth/train03.png");
    const whole = greyPng(8, new Array(48).fill(1000), 16);
    await writeFile(file, whole.subarray(0, 60));
    const loader = await open({ ...given, batchSize: 7 });
    const error = await userError(() => loader.next());
    expect(error.facts).toMatchObject({ code: "data.truncated-png", where: file });
    expect(loader.position()).toEqual({ main: { epoch: 0, step: 0 } });
    await writeFile(file, whole);
    expect(idsOf(await loader.next())).toHaveLength(7);
    await loader.close();
  });

  it("close while they are at work, and say so afterwards", async () => {
    const loader = await open(await options({ workers: 2, prefetch: 6 }));
    await loader.close();
    await loader.close();
    await expect(loader.next()).rejects.toThrow("closed");
    for await (const _ of loader) throw new Error("a closed loader gives nothing");
  });

  it("do not keep a process alive that forgot to close them", async () => {
    const given = await options();
    const module = workerEntry(
      new URL("../../../src/data/loading/loader.ts", import.meta.url).href,
      "./loader.js",
    );
    const program = `
      import { openLoader } from ${JSON.stringify(module.href)};
      const loader = await openLoader(${JSON.stringify({ ...nested(given), workers: 2 })});
      console.log((await loader.next()).drawn.main.length);`;
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect([stdout.trim(), status]).toEqual(["2", 0]);
  });
});

describe("openLoader", () => {
  it("refuses what cannot work, at once", async () => {
    const given = await options();
    for (const [more, code] of [
      [{ split: "trian" }, "data.unknown-split"],
      [{ tasks: ["deph"] }, "data.unknown-task"],
      [{ source: { ...given.source, path: "/none" } }, "data.missing-folder"],
    ] as const) {
      expect((await userError(() => open({ ...given, ...more, workers: 2 }))).facts.code).toBe(code);
    }
    await expect(open({ ...given, batchSize: 0 })).rejects.toThrow(RangeError);
    await expect(open({ ...given, views: [] })).rejects.toThrow(RangeError);
  });

  it("names images of another size, and resizes them where asked", async () => {
    const given = await options({ tasks: [], batchSize: 7 });
    await writeFiles(given.source.path, { "train/image/train04.png": noisePng(4, 4) });
    const loader = await open(given);
    expect((await userError(() => loader.next())).facts).toMatchObject({ code: "data.mixed-sizes" });
    const smaller = { ...given, size: [5, 7] as const, source: { ...given.source, size: [5, 7] as const } };
    const [batch] = await takeFrom(smaller, 1);
    expect(batch.arrays.image.shape).toEqual([7, 3, 5, 7]);
  });
});

describe("openSplit", () => {
  it("reads in order, unchanged, with all labels", async () => {
    const { source } = await options();
    const reader = await openSplit(source, "val", TASKS);
    expect(reader.ids).toEqual(["val00", "val01"]);
    for (let round = 0; round < 2; round++) {
      const ids: string[] = [];
      for await (const sample of reader) {
        ids.push(sample.id);
        expect(Object.keys(sample.labels)).toEqual(TASKS);
      }
      expect(ids).toEqual(reader.ids);
    }
  });

  it("throws for the damaged file when its turn comes", async () => {
    const { source } = await options();
    await rm(join(source.path, "val/image/val01.png"));
    await writeFiles(source.path, { "val/image/val01.png": "no image" });
    const seen: string[] = [];
    const error = await userError(async () => {
      for await (const { id } of await openSplit(source, "val", [])) seen.push(id);
    });
    expect(seen).toEqual(["val00"]);
    expect(error.facts.where).toContain("val01.png");
    expect((await userError(() => openSplit(source, "vla", []))).facts.fix).toBe("Did you mean val?");
  });
});

it("workerEntry finds compiled modules from source and from the build", () => {
  expect(workerEntry("file:///x/dist/data/a.js", "./b.js").href).toBe("file:///x/dist/data/b.js");
  const built = workerEntry(
    new URL("../../../src/data/loading/loader.ts", import.meta.url).href,
    "./loader-worker.js",
  );
  expect(fileURLToPath(built)).toMatch(/dist.data.loading.loader-worker\.js$/);
  expect(() => workerEntry("file:///x/src/data/a.ts", "./b.js")).toThrow("npm run build");
});
