import { expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import { rotate } from "../../../src/data/augment/rotate.js";
import { makeViews } from "../../../src/data/augment/views.js";
import { movedSample } from "../../../src/fields/index.js";
import { LABELS, scene } from "../../fields/scene.js";
import { userError } from "../../helpers/folder.js";

it("turns counter-clockwise: what was on the right is on top", () => {
  const sample = scene(4, 4);
  const view = movedSample(sample, LABELS, { kind: "turn", quarters: 1 });
  expect([...view.image.subarray(0, 4)]).toEqual([3, 7, 11, 15].map((i) => sample.image[i]));
  const thrice = movedSample(movedSample(view, LABELS, { kind: "turn", quarters: 1 }), LABELS, {
    kind: "turn",
    quarters: 2,
  });
  expect(thrice.image).toEqual(sample.image);
  expect(thrice.labels.normals).toEqual(sample.labels.normals);
  expect(thrice.camera!.cx).toBeCloseTo(sample.camera!.cx, 9);
});

it("tells how far each view was turned", () => {
  const views = [
    { from: "sample", augmentations: [{ name: "rotate", turns: [3] }] },
    { from: 0, augmentations: [{ name: "flip", probability: 1 }] },
  ] as const;
  expect(makeViews(scene(6, 6), LABELS, views, { seed: 0, draw: [0] }).map(({ turns }) => turns)).toEqual([
    3, 3,
  ]);
});

it("leaves images that are not square on their side", async () => {
  const size = { width: 4, height: 6 };
  const { facts } = await userError(() => rotate.draw(size, { turns: [0, 1] }, new Random(0)));
  expect(facts).toMatchObject({ code: "augmentation.not-square", got: "6x4" });
  expect(rotate.draw(size, { turns: [2] }, new Random(0)).moves).toEqual([{ kind: "turn", quarters: 2 }]);
});
