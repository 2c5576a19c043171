import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant, input, type Tensor } from "../../src/graph/index.js";
import { compose, methods, supervised } from "../../src/methods/index.js";
import { correspondence, matched } from "../../src/methods/self-supervision/densecl.js";
import { gridOf, pooledToGrid } from "../../src/methods/self-supervision/grid.js";
import { infoNce } from "../../src/methods/self-supervision/info-nce.js";
import { enqueued, replaced } from "../../src/methods/self-supervision/memory.js";
import { models } from "../../src/models/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { buildTerms } from "../../src/step/program.js";
import { userError } from "../helpers/folder.js";
import { imageModels } from "../helpers/registered.js";
import { buildMethod, TASKS } from "./helpers.js";

const NAMES = ["rotation", "moco", "densecl"] as const;
const compute = async (outputs: Readonly<Record<string, Tensor>>, feeds: Record<string, Float32Array> = {}) =>
  await evaluate(await nodeEngine(), outputs, feeds);

describe("memory", () => {
  const key = (id: number) => [id + 1, -id - 1];
  const leaves = (size: number, n: number) => ({
    old: { keys: input("keys", [size, 2]), owners: input("owners", [size]) },
    fresh: { keys: input("fresh", [n, 2]), owners: input("places", [n]) },
  });
  const feedsOf = (owners: readonly number[], places: readonly number[], round: number) => ({
    keys: Float32Array.from(owners.flatMap(key)),
    owners: Float32Array.from(owners),
    fresh: Float32Array.from(places.flatMap((place) => key(place + 100 * round))),
    places: Float32Array.from(places),
  });

  it("of a queue are the last keys, oldest first, whatever the sizes of queue and batch", async () => {
    for (const [size, n] of [
      [7, 3],
      [4, 4],
      [3, 5],
    ]) {
      const { old, fresh } = leaves(size, n);
      const next = enqueued(old, fresh);
      const owners = Array.from({ length: size }, (_, i) => i);
      const places = Array.from({ length: n }, (_, i) => 20 + i);
      const got = await compute({ after: next.keys, whose: next.owners }, feedsOf(owners, places, 0));
      const wanted = [...owners, ...places].slice(-size);
      expect([...got.whose]).toEqual(wanted);
      expect([...got.after]).toEqual(wanted.flatMap(key));
    }
  });

  it("of images are each one's last key, exactly", async () => {
    const [size, n] = [6, 4];
    const { old, fresh } = leaves(size, n);
    const { keys } = replaced(old, fresh);
    const owners = Array.from({ length: size }, (_, i) => i);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(size - 1), { minLength: n, maxLength: n }), async (places) => {
        const feeds = feedsOf(owners, places, 1);
        const order = places.map((_, i) => i + 1);
        feeds.fresh.set(order.flatMap((i) => [i / 3, -i / 7]));
        const got = await compute({ after: keys }, feeds);
        const wanted = owners.flatMap((owner) => {
          const last = places.lastIndexOf(owner);
          return last === -1 ? key(owner) : [(last + 1) / 3, -(last + 1) / 7];
        });
        expect([...got.after]).toEqual([...Float32Array.from(wanted)]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("InfoNCE", () => {
  const unit = (angle: number) => [Math.cos(angle), Math.sin(angle)];
  it("is the cross-entropy of the positive among all keys but the image's own", async () => {
    const [angles, memory, temperature] = [[0.3, 1.1], [0.2, 2, -1, 3], 0.1];
    const loss = infoNce({
      queries: constant(angles.flatMap(unit), [2, 1, 2]),
      positives: constant(
        angles.flatMap((angle) => unit(angle + 0.4)),
        [2, 1, 2],
      ),
      memory: { keys: constant(memory.flatMap(unit), [4, 2]), owners: constant([5, 8, 5, -1], [4]) },
      images: constant([5, 8], [2]),
      temperature,
    });
    const got = await compute({ loss });
    const expected = angles.map((angle, i) => {
      const others = memory.filter((_, k) => ![[0, 2], [1]][i].includes(k));
      const powers = [0.4, ...others.map((other) => other - angle)].map((d) =>
        Math.exp(Math.cos(d) / temperature),
      );
      return -Math.log(powers[0] / powers.reduce((sum, power) => sum + power));
    });
    expect(got.loss[0]).toBeCloseTo(expected[0], 5);
    expect(got.loss[1]).toBeCloseTo(expected[1], 5);
  });
});

describe("the grid", () => {
  it("has the means of PyTorch's adaptive pooling", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(5),
        fc.nat(5),
        async (rows, columns, more, wider) => {
          const [height, width] = [rows + more, columns + wider];
          const values = Float32Array.from({ length: 2 * height * width }, (_, i) => Math.sin(i));
          const x = constant(values, [1, 2, height, width]);
          const got = await compute({ y: pooledToGrid(x, [rows, columns]) });
          const bounds = (i: number, cells: number, length: number) =>
            [Math.floor((i * length) / cells), Math.ceil(((i + 1) * length) / cells)] as const;
          for (let i = 0; i < got.y.length; i++) {
            const [c, row, column] = [
              Math.floor(i / (rows * columns)),
              Math.floor(i / columns) % rows,
              i % columns,
            ];
            const [top, bottom] = bounds(row, rows, height);
            const [left, right] = bounds(column, columns, width);
            let sum = 0;
            for (let y = top; y < bottom; y++)
              for (let x = left; x < right; x++) sum += values[(c * height + y) * width + x];
            expect(got.y[i]).toBeCloseTo(sum / ((bottom - top) * (right - left)), 5);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it("is 8 x 8 at most, and refuses more cells than the map has pixels", async () => {
    expect(gridOf(undefined, [24, 6])).toEqual([8, 6]);
    expect(gridOf(5, [24, 6])).toEqual([5, 5]);
    expect((await userError(() => gridOf(7, [24, 6]))).facts).toMatchObject({
      code: "method.grid-too-fine",
      got: "7",
    });
  });

  it("matches each cell with the most similar one, the first of several", async () => {
    const query = constant([1, 0, 0, 1, 0.6, 0.8], [1, 3, 2]);
    const key = constant([0, 1, 0.8, 0.6, 0, 1], [1, 3, 2]);
    const places = correspondence(query, key);
    const got = await compute({ places, rows: matched(constant([1, 2, 3, 4, 5, 6], [1, 3, 2]), places) });
    expect([...got.places]).toEqual([1, 0, 1]);
    expect([...got.rows]).toEqual([3, 4, 1, 2, 3, 4]);
  });
});

describe.each(NAMES)("%s", (name) => {
  const method = methods[name];

  it("reaches the network and its own head, and no key encoder", () => {
    const built = buildMethod(method, {}, [[], []]);
    for (const { name: term } of built.terms) {
      const reached = [...built.gradients(term)].flatMap(([each, gradient]) =>
        gradient === null ? [] : [each],
      );
      expect(
        reached.some((each) => each.startsWith(`helper.${name}.`)),
        term,
      ).toBe(true);
      expect(
        reached.some((each) => !each.startsWith("helper.")),
        term,
      ).toBe(true);
    }
    const trained = built.variables.trained().map(({ name: parameter }) => parameter);
    expect(trained.some((parameter) => /\.key/.test(parameter))).toBe(false);
  });

  it.each(imageModels.map(({ name }) => name))(
    "stands beside any method on %s, with a stream, weight and statistics of its own",
    (model) => {
      const network = models[model].create(models[model].options.parse({ width: 2 }));
      const size = [network.sizeMultiple * 2, network.sizeMultiple * 3] as const;
      for (const base of [supervised, methods["single-task"]]) {
        const { method: together, options } = compose({ method: base, options: base.options.parse({}) }, [
          { method, options: method.options.parse({}) },
        ]);
        const { terms, forward, modules } = buildTerms({
          ...{ tasks: TASKS, batchSize: 2, size, samples: { main: 5, [name]: 7 } },
          network: together.network?.(network, options) ?? network,
          method: { method: together, options },
        });
        const added = terms.slice(TASKS.length);
        expect(added.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(
          name === "rotation" ? 0.05 : 0.2,
          9,
        );
        expect(added.every(({ objective }) => objective === undefined)).toBe(true);
        expect(together.streams!(options)[name].arrays).toEqual(name === "rotation" ? ["turns"] : ["index"]);
        // Running statistics are those of the main images alone; what else changes is the method's memory.
        const updated = [...forward.updates().keys()].filter((each) => each.startsWith("helper."));
        expect(updated.every((each) => each.startsWith(`helper.${name}.memory.`))).toBe(true);
        expect(modules.of("").length).toBeGreaterThan(0);
      }
    },
  );

  it("recommends no evaluation where it stands alone, and the paper's weight beside others", () => {
    const options = method.options.parse({});
    expect(method.recommended!(options, false)).toMatchObject({
      options: { weight: 1 },
      run: { evaluation: { split: null } },
    });
    const beside = method.recommended!(options, true);
    expect(beside.run).toBeUndefined();
    expect(beside.options).toMatchObject({ weight: name === "rotation" ? 0.05 : 0.2 });
  });
});

it("the released variant has the published code's temperature, memory and weight", () => {
  const { moco } = methods;
  expect(moco.recommended!(moco.options.parse({ variant: "released" }), true).options).toMatchObject({
    ...{ temperature: 0.4, memory: "images", weight: 1 },
  });
});

it("a queue larger than the data, or none that is used, is worth a word", () => {
  const { densecl } = methods;
  const facts = { samples: 10, batchSize: 4 };
  const said = (queueSize?: number) => densecl.warnings!(densecl.options.parse({ queueSize }), facts);
  expect(said(11).join()).toContain("11 keys is larger than the data, 10 images");
  expect([said(10), said(), said(3)]).toEqual([[], [], []]);
  const released = densecl.options.parse({ queueSize: 5, variant: "released" });
  expect(densecl.warnings!(released, facts).join()).toContain("`queueSize: 5` is not used");
});
