/**
 * @file The pinhole camera. Camera coordinates: x right, y down, z forward, metres. Pixel coordinates: x
 * right, y down, pixel centres at whole numbers, so that an image of width w covers [-0.5, w - 0.5].
 */

/** Intrinsics in pixels of the image they belong to. */
export interface PinholeCamera {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/**
 * Square pixels and a centred axis; `horizontal` is the full horizontal field of view in radians, in (0, pi).
 */
export function cameraFromFieldOfView(width: number, height: number, horizontal: number): PinholeCamera {
  if (!(horizontal > 0 && horizontal < Math.PI)) {
    throw new RangeError(`cameraFromFieldOfView: the angle must lie in (0, pi), got ${horizontal}`);
  }
  const focal = width / 2 / Math.tan(horizontal / 2);
  return { fx: focal, fy: focal, cx: (width - 1) / 2, cy: (height - 1) / 2 };
}

/** The camera of the same image resized by `factorX` and `factorY` (new size / old size). */
export function scaledCamera(camera: PinholeCamera, factorX: number, factorY = factorX): PinholeCamera {
  return {
    fx: camera.fx * factorX,
    fy: camera.fy * factorY,
    // The half pixels keep the image's corners, not its pixel centres, in place.
    cx: (camera.cx + 0.5) * factorX - 0.5,
    cy: (camera.cy + 0.5) * factorY - 0.5,
  };
}

/**
 * The camera of the part of the image that starts at pixel (`left`, `top`), enlarged by the factors: pixel
 * centre (`left`, `top`) becomes (0, 0), where `scaledCamera` keeps the corner in place.
 */
export function croppedCamera(
  camera: PinholeCamera,
  left: number,
  top: number,
  factorX = 1,
  factorY = factorX,
): PinholeCamera {
  return {
    fx: camera.fx * factorX,
    fy: camera.fy * factorY,
    cx: (camera.cx - left) * factorX,
    cy: (camera.cy - top) * factorY,
  };
}

/** The camera of the image mirrored left-right; `width` in pixels. */
export function mirroredCamera(camera: PinholeCamera, width: number): PinholeCamera {
  return { ...camera, cx: width - 1 - camera.cx };
}

/** Pixel [x, y] of a point in camera coordinates with z > 0. */
export function project(point: readonly [number, number, number], camera: PinholeCamera): [number, number] {
  const [x, y, z] = point;
  return [camera.cx + (camera.fx * x) / z, camera.cy + (camera.fy * y) / z];
}

/** Point in camera coordinates (metres) seen at pixel (`x`, `y`) at `depth` metres along the optical axis. */
export function unproject(
  x: number,
  y: number,
  depth: number,
  camera: PinholeCamera,
): [number, number, number] {
  return [((x - camera.cx) / camera.fx) * depth, ((y - camera.cy) / camera.fy) * depth, depth];
}

/**
 * Points of a whole depth map.
 * @param depth [height, width], metres along the optical axis; what is not finite gives points that are not
 * finite.
 * @returns planar points [3, height, width] in camera coordinates, metres.
 * @throws RangeError where `depth` does not hold width x height values.
 */
export function unprojectDepth(
  depth: ArrayLike<number>,
  width: number,
  height: number,
  camera: PinholeCamera,
): Float32Array {
  const area = width * height;
  if (depth.length !== area) {
    throw new RangeError(`unprojectDepth: depth has ${depth.length} values, expected ${width} x ${height}`);
  }
  const points = new Float32Array(3 * area);
  for (let y = 0, pixel = 0; y < height; y++) {
    const slopeY = (y - camera.cy) / camera.fy;
    for (let x = 0; x < width; x++, pixel++) {
      const z = depth[pixel];
      points[pixel] = ((x - camera.cx) / camera.fx) * z;
      points[area + pixel] = slopeY * z;
      points[2 * area + pixel] = z;
    }
  }
  return points;
}
