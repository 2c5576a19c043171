/**
 * @file The views of a sample: flips, random scale crops (MTPSL, Li et al. 2022; JTR, Nishi et al. 2024) and
 * photometric changes. Labels and camera move along; photometric changes touch the image alone.
 */
import { Random } from "../common/random.js";
import { croppedCamera, mirroredCamera } from "../geometry/camera.js";
import { taskKind } from "../tasks/index.js";
import type { LabelMap, TaskSpec } from "../tasks/task.js";
import { randomPhotometric } from "./photometric.js";
import { alignedNearestTaps, alignedTaps, resample, resampleLabel } from "./resample.js";
import type { Placement, Sample, ViewSpec } from "./types.js";

type Specs = Readonly<Record<string, TaskSpec>>;

function mapLabels(
  sample: Sample,
  change: (label: LabelMap, spec: TaskSpec) => LabelMap,
  specs: Specs,
): Record<string, LabelMap> {
  return Object.fromEntries(
    Object.entries(sample.labels).map(([task, label]) => [task, change(label, specs[task])]),
  );
}

/** Reverses every row of planar or single-plane data. */
function mirrorRows<T extends Float32Array | Uint8Array>(data: T, width: number): T {
  const out = data.slice() as T;
  for (let row = 0; row < out.length; row += width) out.subarray(row, row + width).reverse();
  return out;
}

/**
 * The sample as a mirror shows it: labels mended by their task (normals: x changes sign), principal point
 * moved.
 */
export function flipSample(sample: Sample, specs: Specs): Sample {
  const { width, camera } = sample;
  const flipLabel = (label: LabelMap, spec: TaskSpec) =>
    taskKind(spec.kind).files.mirrored({
      ...label,
      data: mirrorRows(label.data, width),
      valid: mirrorRows(label.valid, width),
    });
  return {
    ...sample,
    image: mirrorRows(sample.image, width),
    labels: mapLabels(sample, flipLabel, specs),
    ...(camera && { camera: mirroredCamera(camera, width) }),
  };
}

/** A window of a sample: its top left corner and its scale s; it is int(H/s) x int(W/s) pixels large. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly scale: number;
}

/** Output pixels per source pixel when `size` positions are spread over `length` with their ends aligned. */
function enlargement(size: number, length: number): number {
  return size === 1 ? length : (length - 1) / (size - 1);
}

/**
 * Cuts the window out and enlarges it to the sample's own size: image and bilinear labels with aligned
 * corners, other labels to the nearest of the same positions (the released code shifts them by up to half a
 * pixel), then mended by their task for the enlargement (depth divided by s, normals back to unit length).
 */
export function cropSample(sample: Sample, specs: Specs, crop: Crop): Sample {
  const { height, width, camera } = sample;
  const { left, top } = crop;
  const rows = Math.max(1, Math.floor(height / crop.scale));
  const columns = Math.max(1, Math.floor(width / crop.scale));
  const smoothY = alignedTaps(top, rows, height);
  const smoothX = alignedTaps(left, columns, width);
  const nearestY = alignedNearestTaps(top, rows, height);
  const nearestX = alignedNearestTaps(left, columns, width);
  const cropLabel = (label: LabelMap, spec: TaskSpec) => {
    const kind = taskKind(spec.kind);
    const smooth = kind.files.interpolation === "bilinear";
    const cut = resampleLabel(label, smooth ? smoothY : nearestY, smooth ? smoothX : nearestX);
    return kind.files.scaled(cut, crop.scale);
  };
  return {
    ...sample,
    image: resample(sample.image, 3, height, width, smoothY, smoothX),
    labels: mapLabels(sample, cropLabel, specs),
    ...(camera && {
      camera: croppedCamera(camera, left, top, enlargement(columns, width), enlargement(rows, height)),
    }),
  };
}

/** A flip, then a crop (null for none). */
interface Geometry {
  readonly mirrored: boolean;
  readonly crop: Crop | null;
}

function drawGeometry({ width, height }: Sample, view: ViewSpec, rng: Random): Geometry {
  const mirrored = view.flip > 0 && rng.uniform() < view.flip;
  if (view.scales.length === 0) return { mirrored, crop: null };
  const scale = rng.pick(view.scales);
  const top = rng.integer(height - Math.max(1, Math.floor(height / scale)) + 1);
  const left = rng.integer(width - Math.max(1, Math.floor(width / scale)) + 1);
  return { mirrored, crop: scale === 1 ? null : { top, left, scale } };
}

function place(sample: Sample, specs: Specs, { mirrored, crop }: Geometry): Sample {
  const flipped = mirrored ? flipSample(sample, specs) : sample;
  return crop === null ? flipped : cropSample(flipped, specs, crop);
}

function placementOf({ width, height }: Sample, { mirrored, crop }: Geometry): Placement {
  const { top, left, scale } = crop ?? { top: 0, left: 0, scale: 1 };
  const step = (length: number) =>
    length === 1 ? 1 : (Math.max(1, Math.floor(length / scale)) - 1) / (length - 1);
  return {
    xStep: mirrored ? -step(width) : step(width),
    xStart: mirrored ? width - 1 - left : left,
    yStep: step(height),
    yStart: top,
    enlargement: scale,
  };
}

/** Which draw of which sample: names the random numbers, so that they depend on nothing else. */
export interface AugmentKey {
  readonly seed: number;
  readonly epoch: number;
  readonly sampleIndex: number;
}

/** A view of a sample, and where it lies in what it is made from. */
export interface PlacedView {
  readonly sample: Sample;
  readonly placement: Placement;
}

/**
 * The views of a sample, in the order of `views`. A view cut from an earlier one starts from that one before
 * its photometric changes. The sample itself is not changed; views may share memory with it.
 */
export function makeViews(
  sample: Sample,
  specs: Specs,
  views: readonly ViewSpec[],
  key: AugmentKey,
): PlacedView[] {
  const geometric: Sample[] = [];
  return views.map((view, index) => {
    const rng = new Random(key.seed, "augment", key.epoch, key.sampleIndex, index);
    const source = view.from === "sample" ? sample : geometric[view.from];
    if (source === undefined) throw new RangeError(`view ${index} is made from view ${view.from}`);
    const geometry = drawGeometry(source, view, rng);
    const placed = place(source, specs, geometry);
    geometric.push(placed);
    const coloured =
      view.photometric === 0
        ? placed
        : {
            ...placed,
            image: randomPhotometric({ ...placed, data: placed.image }, view.photometric, rng),
          };
    return { sample: coloured, placement: placementOf(source, geometry) };
  });
}
