/** @file Boundaries as several annotators marked them, in files and in memory. */
import { UserError } from "../../common/errors.js";
import type { LabelSummary, Suspicion } from "../contract/files.js";
import { requireValidPixel } from "../maps.js";
import { fullValue, placeOf, withChannels } from "../raster.js";
import type { LabelMap, Raster } from "../task.js";
import type { BoundariesSpec } from "./spec.js";

/** A file's value as bits by annotator; undefined where it has none. */
function bitsOf(value: number, full: number, { annotators }: BoundariesSpec): number | undefined {
  if (annotators === 1 && value === full) return 1;
  return Number.isInteger(value) && value >= 0 && value < 2 ** annotators ? value : undefined;
}

/** One plane for each annotator, of zeros and ones. */
export function decodeBoundaries(raster: Raster, spec: BoundariesSpec, where: string): LabelMap {
  const plain = withChannels(raster, 1, where, "which annotators marked a pixel");
  const { width, height, data: values } = plain;
  const { annotators, invalid } = spec;
  const floats = values instanceof Float32Array;
  const full = fullValue(plain);
  const area = width * height;
  const data = new Float32Array(annotators * area);
  const valid = new Uint8Array(area);
  for (let pixel = 0; pixel < area; pixel++) {
    const value = values[pixel];
    if (value === invalid || (floats && Number.isNaN(value))) continue;
    const bits = bitsOf(value, full, spec);
    if (bits === undefined) throw outOfRange(value, placeOf(pixel, plain), spec, full, where);
    for (let each = 0; each < annotators; each++) data[each * area + pixel] = (bits >> each) & 1;
    valid[pixel] = 1;
  }
  const label = { channels: annotators, height, width, data, valid };
  return requireValidPixel(label, where, "Check `invalid`, and that the file was exported whole.");
}

function outOfRange(
  value: number,
  place: string,
  { annotators }: BoundariesSpec,
  full: number,
  where: string,
): UserError {
  return new UserError({
    code: "label.value-out-of-range",
    what: "a value does not say which annotators marked a pixel",
    where,
    expected:
      annotators === 1
        ? `0, or 1 or ${full} for a boundary`
        : `whole numbers from 0 to ${2 ** annotators - 1}: bit 0 is the first annotator's`,
    got: `${value} at ${place}`,
    fix:
      annotators === 1
        ? "Save the file without grey levels, or set `annotators` where its bits are several people's."
        : "Correct the file, or set `annotators`, or `invalid` to this value.",
  });
}

/** Bits by annotator; floats where some pixel is invalid and no `invalid` value is named. */
export function encodeBoundaries(label: LabelMap, { annotators, invalid }: BoundariesSpec): Raster {
  const { width, height, valid } = label;
  const area = width * height;
  const gaps = invalid === undefined && valid.includes(0);
  const Values = gaps ? Float32Array : annotators > 8 || (invalid ?? 0) > 255 ? Uint16Array : Uint8Array;
  const data = new Values(area);
  for (let pixel = 0; pixel < area; pixel++) {
    if (valid[pixel] !== 1) {
      data[pixel] = invalid ?? Number.NaN;
      continue;
    }
    for (let each = 0; each < annotators; each++) data[pixel] += label.data[each * area + pixel] * 2 ** each;
    // One annotator's mark has two values, so that one of them may stand for something else.
    if (annotators === 1 && data[pixel] === invalid) data[pixel] = 255;
  }
  return { width, height, channels: 1, data };
}

/** Boundaries that cover more than this share of the pixels are the other way round. */
const MUCH = 0.5;

export function boundarySuspicions({ values }: LabelSummary): Suspicion[] {
  const most = Math.max(0, ...values.map(({ mean }) => mean));
  if (most <= MUCH) return [];
  const message = `${Math.round(100 * most)} % of the pixels are marked as boundaries. Where lines are dark on a light ground, invert the files.`;
  return [{ code: "label.inverted-boundaries", message }];
}
