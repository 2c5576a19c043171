/**
 * @file What every augmentation has to do: move a sample as one, at its size, from its random numbers alone.
 */
import { expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import type { Augmentation } from "../../../src/data/augment/index.js";
import { type Move, movedSample, type Sample, sizeAfter } from "../../../src/fields/index.js";
import { project, unproject } from "../../../src/geometry/camera.js";
import { parseTaskSpec } from "../../../src/tasks/index.js";
import { labelFields } from "../../../src/tasks/label-field.js";
import { map, SPECS as SCENE_SPECS, scene } from "../../fields/scene.js";

const SIDE = 12;
const NORMAL = [0.36, 0.48, -0.8] as const;
const CAMERA = { fx: 15, fy: 14, cx: 5.2, cy: 6.1 };
const LABELS = labelFields({
  ...SCENE_SPECS,
  // Every pixel of the source is a class of its own.
  place: parseTaskSpec(
    { kind: "segmentation", classes: Array.from({ length: SIDE * SIDE }, (_, i) => `${i}`) },
    "p",
  ),
});

/** A sample whose image and label `place` say of each pixel where it lay at first. */
function placed(): Sample {
  const plane = scene(SIDE, SIDE, CAMERA);
  return {
    ...plane,
    image: map(3, SIDE, SIDE, (x, y, c) => [x, y, 5][c] / SIDE).data,
    labels: { ...plane.labels, place: map(1, SIDE, SIDE, (x, y) => y * SIDE + x) },
    pose: { rotation: [0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1], position: [1, -2, 3] },
  };
}

/** A point of the camera's coordinates after the image was moved so. */
function movedPoint([x, y, z]: readonly [number, number, number], move: Move): [number, number, number] {
  switch (move.kind) {
    case "mirror":
      return [-x, y, z];
    case "turn":
      return move.quarters === 1 ? [y, -x, z] : move.quarters === 2 ? [-x, -y, z] : [-y, x, z];
    case "cut":
      return [x, y, z];
    default:
      return [x / move.enlargement, y / move.enlargement, z / move.enlargement];
  }
}

const SOURCE = placed();

/** Pixels of the result for one of the source, along the side that is enlarged more; 1 where none is. */
function factorOf(moves: readonly Move[]): number {
  let [factor, size] = [1, { width: SIDE, height: SIDE }];
  for (const move of moves) {
    if (move.kind === "window") {
      factor *= Math.max(...[move.rows, move.columns].map((n) => (SIDE - 1) / (n - 1)));
    }
    if (move.kind === "stretch") factor *= Math.max(1, move.height / size.height, move.width / size.width);
    size = sizeAfter(size, move);
  }
  return factor;
}

/** The tests that every augmentation has to pass, with some options of its own. */
export function conforms(augmentation: Augmentation, given: Record<string, unknown>): void {
  const { draw, effect } = augmentation;
  const options = augmentation.options.parse(given);
  const size = { width: SIDE, height: SIDE };
  const changeOf = (seed: number) => draw(size, options, new Random(seed, "conformance"));
  const movesOf = (seed: number) => changeOf(seed).moves ?? [];
  const viewOf = (seed: number) =>
    movesOf(seed).reduce((sample, move) => movedSample(sample, LABELS, move), SOURCE);

  it("moves image, labels and camera together", () => {
    for (let seed = 0; seed < 25; seed++) {
      const { image, labels, camera, width } = viewOf(seed);
      const { place, depth } = labels;
      // By how much each pixel of the source is enlarged: labels are the nearest pixel's, at most half a
      // pixel off.
      const half = 0.501 * factorOf(movesOf(seed));
      const errors = { image: 0, depth: 0, pixel: 0 };
      const worst = (name: keyof typeof errors, error: number) => {
        errors[name] = Math.max(errors[name], Math.abs(error));
      };
      place.valid.forEach((valid, i) => {
        if (valid === 0) return;
        const [x, y] = [place.data[i] % SIDE, Math.floor(place.data[i] / SIDE)];
        worst("image", image[i] * SIDE - x);
        worst("image", image[SIDE * SIDE + i] * SIDE - y);
        const before = SOURCE.labels.depth.data[place.data[i]];
        const point = movesOf(seed).reduce(movedPoint, unproject(x, y, before, CAMERA));
        worst("depth", depth.data[i] - point[2]);
        const [u, v] = project(point, camera!);
        worst("pixel", u - (i % width));
        worst("pixel", v - Math.floor(i / width));
      });
      // A smaller image is a mean over several pixels, fewer of them at its border.
      expect(errors.image).toBeLessThan(1.3);
      expect(errors.depth).toBeLessThan(1e-5);
      expect(errors.pixel).toBeLessThan(half);
    }
  });

  it("turns normals with the surfaces", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { labels, width, height } = viewOf(seed);
      const turned = movesOf(seed).reduce<readonly [number, number, number]>(movedPoint, NORMAL);
      const length = Math.hypot(...turned);
      const { data, valid } = labels.normals;
      let worst = 0;
      valid.forEach((ok, i) => {
        turned.forEach((value, c) => {
          const error = ok === 1 ? data[c * width * height + i] - value / length : 0;
          worst = Math.max(worst, Math.abs(error));
        });
      });
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it("keeps the relation of two cameras of one scene", () => {
    const other = {
      ...placed(),
      pose: { rotation: [1, 0, 0, 0, 0, -1, 0, 1, 0] as const, position: [0, 1, 2] as const },
    };
    type Vector = readonly [number, number, number];
    const toScene = ({ pose }: Pick<Sample, "pose">, p: Vector) =>
      [0, 1, 2].map(
        (row) =>
          pose!.position[row] + p.reduce((sum, value, c) => sum + pose!.rotation[3 * row + c] * value, 0),
      );
    const fromScene = ({ pose }: Pick<Sample, "pose">, p: readonly number[]) =>
      [0, 1, 2].map((c) =>
        [0, 1, 2].reduce((sum, row) => sum + pose!.rotation[3 * row + c] * (p[row] - pose!.position[row]), 0),
      ) as unknown as [number, number, number];
    for (let seed = 0; seed < 10; seed++) {
      const moves = movesOf(seed);
      const point: [number, number, number] = [0.3, -0.4, 2];
      const expected = moves.reduce(movedPoint, fromScene(other, toScene(SOURCE, point)));
      const moved = moves.reduce((sample, move) => movedSample(sample, LABELS, move), other as Sample);
      const got = fromScene(moved, toScene(viewOf(seed), moves.reduce(movedPoint, point)));
      for (const [c, value] of got.entries()) expect(value).toBeCloseTo(expected[c], 6);
    }
  });

  it("has the effect that it claims, at the image's own size", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { moves = [], colouring } = changeOf(seed);
      expect(moves.reduce(sizeAfter, size)).toEqual(size);
      expect(moves.length === 0 || effect !== "colour").toBe(true);
      expect(colouring === undefined || effect === "colour").toBe(true);
      const kinds = {
        flip: ["mirror"],
        turn: ["turn"],
        crop: ["window", "stretch", "cut"],
        colour: [] as string[],
      };
      for (const { kind } of moves) expect(kinds[effect]).toContain(kind);
      if (colouring === undefined) continue;
      const { image } = SOURCE;
      const before = image.slice();
      const after = colouring(image, size);
      expect(image).toEqual(before);
      expect(after.every((value) => value >= 0 && value <= 1)).toBe(true);
      // Nothing is left to be drawn: every frame of a sequence gets the same.
      expect(colouring(image, size)).toEqual(after);
    }
  });

  it("depends on its random numbers alone", () => {
    const outcome = (seed: number) => {
      const { moves, colouring } = changeOf(seed);
      return JSON.stringify([moves, [...(colouring?.(SOURCE.image, size) ?? [])]]);
    };
    const outcomes = Array.from({ length: 20 }, (_, seed) => outcome(seed));
    expect(outcomes.map((_, seed) => outcome(seed))).toEqual(outcomes);
  });

  it("reaches every corner of the image", () => {
    const missing = new Set([0, SIDE - 1, SIDE * (SIDE - 1), SIDE * SIDE - 1]);
    for (let seed = 0; seed < 400 && missing.size > 0; seed++) {
      const { data, valid } = viewOf(seed).labels.place;
      for (const [i, value] of data.entries()) if (valid[i] === 1) missing.delete(value);
    }
    expect([...missing]).toEqual([]);
  });
}
