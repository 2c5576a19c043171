/**
 * @file How a network's images are made of photos of any size, and predictions brought back to their photo.
 */
import type { RgbRows } from "../../data/files/rgb.js";
import { GREY } from "../../fields/image.js";
import { cutPlanes } from "../../fields/planes.js";
import { letterboxOf, type Resize } from "../../fields/resize.js";
import type { Size } from "../../fields/size.js";
import type { PredictionMap, TaskKind } from "../../tasks/task.js";
import { type RowsOf, resized, resizedRows, rowsAtSize } from "./enlarge.js";

/** What a network takes. */
export interface Taking {
  /** [height, width] */
  readonly size: readonly [number, number];
  readonly resize: Resize;
}

const frameOf = ({ size: [height, width] }: Taking): Size => ({ height, width });

/** Grey around planes that were scaled to fit the frame. */
function inFrame(planes: Float32Array, image: Size, frame: Size): Float32Array {
  const box = letterboxOf(image, frame);
  if (box.height === frame.height && box.width === frame.width) return planes;
  return cutPlanes(planes, box, { ...frame, top: -box.top, left: -box.left }, () => GREY);
}

/** An image's planes [3,H,W] as the network takes them; they themselves where they have its size. */
export function fitted(image: Size & { readonly data: Float32Array }, taking: Taking): Float32Array {
  const frame = frameOf(taking);
  if (taking.resize !== "letterbox") return resized(image, frame);
  return inFrame(resized(image, letterboxOf(image, frame)), image, frame);
}

/** The same, made row by row. */
export function fittedRows(image: RgbRows, taking: Taking): Float32Array {
  const frame = frameOf(taking);
  if (taking.resize !== "letterbox") return resizedRows(image, frame);
  return inFrame(resizedRows(image, letterboxOf(image, frame)), image, frame);
}

/**
 * A prediction at the size of its image, as `rowsAtSize`; what lay around a letterboxed image is left out.
 */
export function rowsInImage(map: PredictionMap, kind: TaskKind, image: Size, { resize }: Taking): RowsOf {
  if (resize !== "letterbox") return rowsAtSize(map, kind, image);
  const box = letterboxOf(image, map);
  const { channels } = map;
  const { height, width } = box;
  const inner = { channels, height, width, data: cutPlanes(map.data, map, box, () => 0) };
  return rowsAtSize(inner, kind, image);
}
