/** @file Files of points: 32-bit floats, little-endian, so many a point. */
import { UserError } from "../../common/errors.js";
import { POINT_CHANNELS } from "../../fields/pillars.js";
import { readBytes } from "../files/bytes.js";

/**
 * The points of a file of `stride` floats a point, of which the first four are x, y, z and intensity, the
 * latter multiplied by `intensity`. Throws UserError where the file does not hold whole points.
 */
export async function readPoints(
  path: string,
  { stride = POINT_CHANNELS, intensity = 1 }: { readonly stride?: number; readonly intensity?: number } = {},
): Promise<Float32Array> {
  const bytes = await readBytes(path);
  if (bytes.length % (4 * stride) !== 0) {
    throw new UserError({
      code: "data.damaged-scan",
      what: "the file does not hold whole points",
      where: path,
      expected: `a multiple of ${4 * stride} bytes`,
      got: `${bytes.length} bytes`,
      fix: "Copy the file again from its source, or remove it.",
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const points = new Float32Array((bytes.length / (4 * stride)) * POINT_CHANNELS);
  for (let i = 0; i < points.length; i++) {
    const channel = i % POINT_CHANNELS;
    const value = view.getFloat32(4 * (stride * Math.floor(i / POINT_CHANNELS) + channel), true);
    points[i] = channel === 3 ? value * intensity : value;
  }
  return points;
}
