/** @file The views of a sample: what the augmentations of each view make of it, or of an earlier view. */
import { Random } from "../../common/random.js";
import type { Colouring } from "../../fields/field.js";
import { type Move, sizeAfter } from "../../fields/move.js";
import { type Placement, placementOf } from "../../fields/placement.js";
import { colouredSample, type LabelFields, movedSample, type Sample } from "../../fields/sample.js";
import type { Size } from "../../fields/size.js";
import { unknownName } from "../names.js";
import type { NamedAugmentation, ViewSpec } from "../types.js";
import type { DrawnFor } from "./augmentation.js";
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

/** What was drawn for a view: done to several samples of one size, it changes all of them alike. */
export interface DrawnView extends Omit<PlacedView, "sample"> {
  readonly from: ViewSpec["from"];
  readonly moves: readonly Move[];
  readonly colourings: readonly Colouring[];
  /** That of the view. */
  readonly size: Size;
}

/** The changes of a list of augmentations, and the size they leave. */
function drawChanges(list: readonly NamedAugmentation[], start: Size, rng: Random, drawnFor: DrawnFor) {
  const moves: Move[] = [];
  const colourings: Colouring[] = [];
  let size = start;
  for (const { name, ...options } of list) {
    if (!Object.hasOwn(augmentations, name)) {
      throw unknownName("augmentation", name, Object.keys(augmentations), "augmentation");
    }
    const change = augmentations[name].draw(size, options, rng, drawnFor);
    for (const move of change.moves ?? []) {
      moves.push(move);
      size = sizeAfter(size, move);
    }
    if (change.colouring !== undefined) colourings.push(change.colouring);
  }
  return { moves, colourings, size };
}

/** Draws the changes of each view, in the order of `views`, for samples of that size. */
export function drawViews({ width, height }: Size, views: readonly ViewSpec[], key: AugmentKey): DrawnView[] {
  const whole = { size: { width, height }, turns: 0 };
  const known: { readonly size: Size; readonly turns: number }[] = [];
  return views.map(({ from, augmentations: list }, index) => {
    const source = from === "sample" ? whole : known[from];
    if (source === undefined) throw new RangeError(`view ${index} is made from view ${from}`);
    const rng = new Random(key.seed, "augment", ...key.draw, index);
    const drawnFor = { view: index, shared: new Random(key.seed, "augment", ...key.draw, "shared") };
    const { moves, colourings, size } = drawChanges(list, source.size, rng, drawnFor);
    const turned = moves.reduce((sum, move) => sum + (move.kind === "turn" ? move.quarters : 0), 0);
    const turns = (source.turns + turned) % 4;
    known.push({ size, turns });
    const placement = from === "sample" ? null : placementOf(moves, source.size);
    return { from, moves, colourings, placement, turns, size };
  });
}

/**
 * The views of a sample: first all moves of a view's augmentations, then all their changes of colour. A view
 * made from an earlier one starts from that one before its colours changed. The sample itself is not changed;
 * views may share memory with it.
 */
export function showViews(sample: Sample, labels: LabelFields, drawn: readonly DrawnView[]): PlacedView[] {
  const moved: Sample[] = [];
  return drawn.map(({ from, moves, colourings, placement, turns }) => {
    const source = from === "sample" ? sample : moved[from];
    const placed = moves.reduce((before, move) => movedSample(before, labels, move), source);
    moved.push(placed);
    return { sample: colourings.reduce(colouredSample, placed), placement, turns };
  });
}

/** Views of one sample, drawn and shown. */
export function makeViews(
  sample: Sample,
  labels: LabelFields,
  views: readonly ViewSpec[],
  key: AugmentKey,
): PlacedView[] {
  return showViews(sample, labels, drawViews(sample, views, key));
}
