import fc from "fast-check";
import { expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import { offsetCrop } from "../../../src/data/augment/offset-crop.js";
import { drawViews, makeViews } from "../../../src/data/augment/views.js";
import type { Cut, Move } from "../../../src/fields/move.js";
import { LABELS, scene } from "../../fields/scene.js";
import { userError } from "../../helpers/folder.js";

const cutOf = (moves: readonly Move[]) => moves.find((move): move is Cut => move.kind === "cut")!;
const length = fc.integer({ min: 1, max: 40 });

it("gives two crops of one size at one distance, anywhere in the image, the same for a sample's two views", () => {
  fc.assert(
    fc.property(length, length, fc.nat(9), fc.nat(30), fc.nat(), (rows, columns, distance, room, seed) => {
      const size = { height: rows + distance + room, width: columns + distance + room };
      const view = {
        from: "sample",
        augmentations: [
          { name: "offset-crop", size: [rows, columns], distance },
          { name: "flip", probability: 0.5 },
        ],
      } as const;
      const [first, second] = drawViews(size, [view, view], { seed, draw: [seed] }).map(
        ({ moves, size: after }) => {
          expect(after).toEqual(size);
          return cutOf(moves);
        },
      );
      expect([first.height, first.width]).toEqual([rows, columns]);
      const apart = [second.top - first.top, second.left - first.left];
      expect(apart.map(Math.abs)).toEqual([distance, distance]);
      for (const { top, left } of [first, second]) {
        expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
        expect(top + rows).toBeLessThanOrEqual(size.height);
        expect(left + columns).toBeLessThanOrEqual(size.width);
      }
    }),
  );
});

it("reaches every place, and flips of the two views are their own", () => {
  const view = {
    from: "sample",
    augmentations: [
      { name: "offset-crop", size: [4, 4], distance: 1 },
      { name: "flip", probability: 0.5 },
    ],
  } as const;
  const drawn = Array.from({ length: 60 }, (_, n) =>
    drawViews({ height: 7, width: 7 }, [view, view], { seed: 1, draw: [n] }),
  );
  const tops = new Set(drawn.map(([{ moves }]) => cutOf(moves).top));
  expect([...tops].sort()).toEqual([0, 1, 2, 3]);
  const mirrored = (moves: readonly Move[]) => moves.some(({ kind }) => kind === "mirror");
  expect(drawn.some(([a, b]) => mirrored(a.moves) !== mirrored(b.moves))).toBe(true);
});

it("enlarges what both show by the same factor: without a distance the two views are one", () => {
  const view = {
    from: "sample",
    augmentations: [{ name: "offset-crop", size: [4, 6], distance: 0 }],
  } as const;
  const [a, b] = makeViews(scene(12, 8), LABELS, [view, view], { seed: 3, draw: [0] });
  expect(a.sample.image).toEqual(b.sample.image);
  expect([a.sample.height, a.sample.width]).toEqual([8, 12]);
});

it("refuses crops that do not fit into the image with their distance", async () => {
  const draw = () =>
    offsetCrop.draw({ width: 30, height: 20 }, { size: [18, 20], distance: 3 }, new Random(0));
  expect((await userError(draw)).facts).toMatchObject({
    code: "augmentation.crop-too-large",
    expected: expect.stringContaining("20x30"),
    got: "18x20, 3 pixels apart",
  });
});
