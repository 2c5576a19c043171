import { afterEach, describe, expect, it, vi } from "vitest";
import { Random } from "../../../src/common/random.js";
import {
  brightness,
  colour,
  contrast,
  posterize,
  sharpness,
  solarize,
} from "../../../src/data/augment/colours.js";
import { type Augmentation, augmentations } from "../../../src/data/augment/index.js";
import { operations } from "../../../src/data/augment/rand-augment.js";
import { makeViews } from "../../../src/data/augment/views.js";
import type { Placement, Sample, ViewSpec } from "../../../src/data/types.js";
import type { Move } from "../../../src/fields/index.js";
import { countOf, expectEven } from "../../helpers/evenness.js";

const [WIDTH, HEIGHT] = [7, 5];
const size = { width: WIDTH, height: HEIGHT };
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Many changes of one augmentation, each from random numbers of its own. */
function drawn(name: string, options: Record<string, unknown>, count: number, of = size) {
  const augmentation: Augmentation = augmentations[name];
  const given = augmentation.options.parse(options);
  return range(count).map((i) => augmentation.draw(of, given, new Random(1, "draws", i)));
}

/** The moves of one kind among drawn changes. */
function movesOf<K extends Move["kind"]>(kind: K, changes: readonly { readonly moves?: readonly Move[] }[]) {
  const moves = changes.flatMap(({ moves = [] }) => moves);
  return moves.filter((move): move is Extract<Move, { kind: K }> => move.kind === kind);
}

/** That values come from everywhere in [low, high), equally often from each tenth of it. */
function expectUniform(values: readonly number[], [low, high]: readonly [number, number]): void {
  const tenths = countOf(values.map((value) => Math.floor((10 * (value - low)) / (high - low))));
  expect([...tenths.keys()].sort()).toEqual(range(10));
  expectEven(tenths.values());
}

/** That whole numbers come from 0..count-1, equally often. */
function expectEach(values: readonly number[], count: number): void {
  const counts = countOf(values);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(range(count));
  expectEven(counts.values());
}

function expectShare(share: number, probability: number, count: number): void {
  expect(Math.abs(share - probability)).toBeLessThanOrEqual(
    5 * Math.sqrt((probability * (1 - probability)) / count),
  );
}

describe("geometry", () => {
  it.each([
    { scale: 1.25, rows: 4, columns: 5 },
    { scale: 1.7, rows: 2, columns: 4 },
    { scale: 5, rows: 1, columns: 1 },
  ])("crops at $scale lie everywhere they fit, equally often", ({ scale, rows, columns }) => {
    const windows = movesOf("window", drawn("scale-crop", { scales: [scale] }, 1500));
    for (const window of windows) expect(window).toMatchObject({ rows, columns, enlargement: scale });
    const [places, lines] = [WIDTH - columns + 1, HEIGHT - rows + 1];
    expectEach(
      windows.map(({ left }) => left),
      places,
    );
    expectEach(
      windows.map(({ top }) => top),
      lines,
    );
    expectEach(
      windows.map(({ top, left }) => top * places + left),
      lines * places,
    );
  });

  it("crops have each scale equally often", () => {
    const scales = [1.2, 1.5, 2, 3];
    const windows = movesOf("window", drawn("scale-crop", { scales }, 1200));
    expectEach(
      windows.map(({ enlargement }) => scales.indexOf(enlargement)),
      4,
    );
    // 1 stands for no crop at all.
    const uncut = drawn("scale-crop", { scales: [1, ...scales] }, 1000).filter(({ moves }) => !moves).length;
    expectShare(uncut / 1000, 0.2, 1000);
  });

  it.each([0.6, 1.4])("padded crops at %d lie everywhere between frame and image", (scale) => {
    const changes = drawn("scale-crop-pad", { range: [scale, scale] }, 1500, { width: 10, height: 5 });
    const cuts = movesOf("cut", changes);
    const room = (length: number) => Math.abs(Math.round(scale * length) - length) + 1;
    expectEach(
      cuts.map(({ left }) => Math.abs(left)),
      room(10),
    );
    expectEach(
      cuts.map(({ top }) => Math.abs(top)),
      room(5),
    );
    // The frame moves over a larger image, a smaller image within the frame.
    for (const { left, top } of cuts) expect(Math.max(left, top) > 0 && scale < 1).toBe(false);
  });

  it("padded crops have scales from the whole range alike", () => {
    const stretches = movesOf("stretch", drawn("scale-crop-pad", { range: [0.5, 2] }, 2000));
    expectUniform(
      stretches.map(({ enlargement }) => enlargement),
      [0.5, 2],
    );
    // To the nearest whole size, at least one pixel.
    for (const { width, height, enlargement } of stretches) {
      expect([width, height]).toEqual(
        [WIDTH, HEIGHT].map((side) => Math.max(1, Math.round(side * enlargement))),
      );
    }
  });

  it.each([0, 0.25, 0.5, 1])("flips come as often as asked for: %d", (probability) => {
    const flips = movesOf("mirror", drawn("flip", { probability }, 1600));
    expectShare(flips.length / 1600, probability, 1600);
  });

  it("turns are each drawn equally often", () => {
    const square = { width: 4, height: 4 };
    const turns = drawn("rotate", {}, 1200, square).map(
      (change) => movesOf("turn", [change])[0]?.quarters ?? 0,
    );
    expectEach(turns, 4);
  });
});

describe("views", () => {
  /** Every value of the image says where it is. */
  const sample: Sample = {
    id: "places",
    ...size,
    image: Float32Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => i / 128),
    labels: {},
  };
  const views = (scales: readonly number[]): ViewSpec[] => [
    { from: "sample", augmentations: [] },
    {
      from: 0,
      augmentations: [
        { name: "flip", probability: 0.5 },
        { name: "scale-crop", scales },
      ],
    },
  ];
  const viewsAt = (scales: readonly number[], count: number, epoch = 0) =>
    range(count).map((i) => {
      const [, view] = makeViews(sample, {}, views(scales), { seed: 1, draw: [epoch, i] });
      return { image: view.sample.image, placement: view.placement as Placement };
    });

  it("show at their corners what their placement says, mirrored or not", () => {
    for (const { image, placement } of viewsAt([1, 1.25, 1.7], 300)) {
      const { xStart, xStep, yStart, yStep } = placement;
      for (const [x, y] of [
        [0, 0],
        [WIDTH - 1, 0],
        [0, HEIGHT - 1],
        [WIDTH - 1, HEIGHT - 1],
      ]) {
        const [column, row] = [xStart + x * xStep, yStart + y * yStep];
        expect([Math.min(column, row) >= 0, column < WIDTH, row < HEIGHT]).toEqual([true, true, true]);
        // The image is linear in column and row.
        expect(image[y * WIDTH + x]).toBeCloseTo((row * WIDTH + column) / 128, 5);
      }
    }
  });

  it("combine flips, scales and places in every way", () => {
    const drawnViews = viewsAt([1.25, 1.7], 2000).map(({ placement }) => placement);
    const counts = countOf(
      drawnViews.map(
        ({ xStep, yStart, enlargement }) => `${enlargement} from ${yStart}, mirrored: ${xStep < 0}`,
      ),
    );
    // 2 places of 4 rows and 4 of 2 rows, each mirrored or not.
    expect(counts.size).toBe(12);
    for (const scale of [1.25, 1.7]) {
      expectEven([...counts].filter(([key]) => key.startsWith(`${scale} `)).map(([, count]) => count));
    }
  });

  it("of one sample are drawn independently of one another", () => {
    const augmentations = [
      { name: "flip", probability: 0.5 },
      { name: "scale-crop", scales: [1.25, 1.7] },
    ];
    const twice: ViewSpec[] = [
      { from: "sample", augmentations: [] },
      { from: 0, augmentations },
      { from: 0, augmentations },
    ];
    const pairs = countOf(
      range(2000).map((i) => {
        const [, ...both] = makeViews(sample, {}, twice, { seed: 1, draw: [0, i] });
        return both.map(({ placement }) => `${placement!.xStep < 0} ${placement!.enlargement}`).join(" ");
      }),
    );
    expect(pairs.size).toBe(16);
    expectEven(pairs.values());
  });

  it("differ between epochs", () => {
    const epochs = range(4).map((epoch) =>
      JSON.stringify(viewsAt([1.2, 1.7], 30, epoch).map(({ placement }) => placement)),
    );
    expect(new Set(epochs).size).toBe(4);
  });
});

describe("colours", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("RandAugment draws each operation and strength equally often, alone and together", () => {
    const calls: { name: string; strength: number }[] = [];
    const table: Record<string, (typeof operations)[string]> = operations;
    for (const name of Object.keys(table)) {
      vi.spyOn(table, name).mockImplementation((strength) => {
        calls.push({ name, strength });
        return (image) => image.data;
      });
    }
    drawn("rand-augment", { operations: 2 }, 1800);
    expect(calls).toHaveLength(3600);
    const names = Object.keys(table);
    const places = calls.map(({ name }) => names.indexOf(name));
    expectEach(places, 9);
    expectEach(
      calls.map(({ strength }) => strength),
      6,
    );
    expectEach(
      calls.map(({ strength }, i) => 6 * places[i] + strength),
      54,
    );
    expectEach(
      range(1800).map((i) => 9 * places[2 * i] + places[2 * i + 1]),
      81,
    );
  });

  it.each(["brightness", "colour", "contrast", "sharpness"])("RandAugment's %s goes both ways", (name) => {
    const data = new Float32Array(48).map((_, i) => ((37 * i) % 48) / 96 + 0.25);
    const outcomes = countOf(
      range(400).map((seed) =>
        operations[name](3, new Random(seed, "ways"))({ data, height: 4, width: 4 }).join(),
      ),
    );
    expect(outcomes.size).toBe(2);
    expectEven(outcomes.values());
  });

  it("jitter's factors come from their whole ranges alike", () => {
    const grey = new Float32Array(3).fill(0.5);
    const none = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    const onePixel = { width: 1, height: 1 };
    const bright = drawn("jitter", { ...none, brightness: 0.4 }, 2000).map(
      ({ colouring }) => colouring!(grey, onePixel)[0] / 0.5,
    );
    expectUniform(bright, [0.6, 1.4]);
    // A hue of 0.1 turns pure red by up to 0.6 of a sixth of the circle towards yellow (green rises) or
    // magenta (blue rises).
    const red = Float32Array.of(1, 0, 0);
    const turned = drawn("jitter", { ...none, hue: 0.1 }, 2000).map(({ colouring }) => {
      const [, green, blue] = colouring!(red, onePixel);
      return green - blue;
    });
    expectUniform(turned, [-0.6, 0.6]);
  });

  it.each([
    ["brightness", "contrast"],
    ["saturation", "hue"],
    ["contrast", "hue"],
  ])("jitter changes %s and %s in either order", (first, second) => {
    const none = { brightness: 0, contrast: 0, saturation: 0, hue: 0, probability: 1 };
    const options = { ...none, [first]: 0.4, [second]: 0.4 };
    // Colours so near to the limits that what is cut off depends on the order.
    const image = Float32Array.of(0.9, 0.2, 0.6, 0.1, 0.95, 0.3, 0.4, 0.7, 0.05);
    const outcomes = countOf(
      range(400).map((seed) => {
        const random = new Random(seed, "order");
        random.uniform = (low = 0, high = 1) => low + 0.9 * (high - low);
        random.integer = (count) => Math.floor(count * new Random(seed, "place", count).uniform());
        return augmentations.jitter.draw(size, options, random).colouring!(image, {
          width: 3,
          height: 1,
        }).join();
      }),
    );
    expect(outcomes.size).toBe(2);
    expectEven(outcomes.values());
  });

  it("blur's deviations come from their whole range", () => {
    const line = { width: 61, height: 1 };
    const point = new Float32Array(3 * 61);
    point[30] = 1;
    const deviations = drawn("blur", { sigma: [1, 5], probability: 1 }, 400).map(({ colouring }) => {
      const out = colouring!(point, line);
      return Math.sqrt(out.subarray(0, 61).reduce((sum, value, x) => sum + value * (x - 30) ** 2, 0));
    });
    expect(Math.min(...deviations)).toBeLessThan(1.05);
    expect(Math.max(...deviations)).toBeGreaterThan(4.75);
    expectShare(deviations.filter((value) => value < 3).length / 400, 0.5, 400);
  });

  it("RandAugment's operations are as strong as their strength says", () => {
    const image = {
      data: Float32Array.from({ length: 48 }, (_, i) => ((37 * i) % 48) / 96 + 0.25),
      height: 4,
      width: 4,
    };
    for (const strength of range(6)) {
      const made = (name: string) =>
        range(20).map((seed) => operations[name](strength, new Random(seed, "strength"))(image).join());
      for (const [name, change] of Object.entries({ brightness, colour, contrast, sharpness })) {
        const allowed = [1, -1].map((sign) => change(image, 1 + 0.03 * strength * sign).join());
        for (const outcome of made(name)) expect(allowed).toContain(outcome);
      }
      // Scale 31 takes 4 bits and the whole threshold away.
      expect(new Set(made("posterize"))).toEqual(new Set([posterize(image, strength < 4 ? 8 : 7).join()]));
      expect(new Set(made("solarize"))).toEqual(new Set([solarize(image, 255 - 8.5 * strength).join()]));
    }
  });

  it.each([
    ["grey", {}],
    ["blur", {}],
    ["jitter", {}],
  ])("%s comes as often as asked for", (name, options) => {
    for (const probability of [0, 0.3, 1]) {
      const changes = drawn(name, { ...options, probability }, 1000);
      expectShare(changes.filter(({ colouring }) => colouring).length / 1000, probability, 1000);
    }
  });
});
