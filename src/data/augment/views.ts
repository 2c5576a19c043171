/** @file The views of a sample: what the augmentations of each view make of it, or of an earlier view. */
import { Random } from "../../common/random.js";
import type { Colouring } from "../../fields/field.js";
import { type Move, sizeAfter } from "../../fields/move.js";
import { type Placement, placementOf } from "../../fields/placement.js";
import { colouredSample, type LabelFields, movedSample, type Sample } from "../../fields/sample.js";
import type { Size } from "../../fields/size.js";
import { unknownName } from "../names.js";
import type { NamedAugmentation, ViewSpec } from "../types.js";
import { augmentations } from "./index.js";

/** Which draw of which sample: names the random numbers, so that they depend on nothing else. */
export interface AugmentKey {
  readonly seed: number;
  readonly draw: readonly (string | number)[];
}

/** A view of a sample. */
export interface PlacedView {
  readonly sample: Sample;
  /** Where it lies in the earlier view that it is made from; null where it is made from the sample. */
  readonly placement: Placement | null;
  /** Quarter turns, counter-clockwise, from the sample. */
  readonly turns: number;
}

interface DrawnChange {
  readonly moves: readonly Move[];
  readonly colourings: readonly Colouring[];
}

function drawChange(list: readonly NamedAugmentation[], start: Size, rng: Random): DrawnChange {
  const moves: Move[] = [];
  const colourings: Colouring[] = [];
  let size = start;
  for (const { name, ...options } of list) {
    if (!Object.hasOwn(augmentations, name)) {
      throw unknownName("augmentation", name, Object.keys(augmentations), "augmentation");
    }
    const change = augmentations[name].draw(size, options, rng);
    for (const move of change.moves ?? []) {
      moves.push(move);
      size = sizeAfter(size, move);
    }
    if (change.colouring !== undefined) colourings.push(change.colouring);
  }
  return { moves, colourings };
}

/**
 * The views of a sample, in the order of `views`: first all moves of a view's augmentations, then all their changes of
 * colour. A view made from an earlier one starts from that one before its colours changed. The sample itself is not
 * changed; views may share memory with it.
 */
export function makeViews(
  sample: Sample,
  labels: LabelFields,
  views: readonly ViewSpec[],
  key: AugmentKey,
): PlacedView[] {
  const moved: PlacedView[] = [];
  return views.map((view, index) => {
    const earlier = view.from === "sample" ? null : moved[view.from];
    if (earlier === undefined) throw new RangeError(`view ${index} is made from view ${view.from}`);
    const source = earlier?.sample ?? sample;
    const rng = new Random(key.seed, "augment", ...key.draw, index);
    const { moves, colourings } = drawChange(view.augmentations, source, rng);
    const placed: PlacedView = {
      sample: moves.reduce((before, move) => movedSample(before, labels, move), source),
      placement: earlier === null ? null : placementOf(moves, source),
      turns: moves.reduce(
        (sum, move) => (sum + (move.kind === "turn" ? move.quarters : 0)) % 4,
        earlier?.turns ?? 0,
      ),
    };
    moved.push(placed);
    return { ...placed, sample: colourings.reduce(colouredSample, placed.sample) };
  });
}
