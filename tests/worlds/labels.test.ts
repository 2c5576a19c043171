import { describe, expect, it } from "vitest";
import { cameraFromFieldOfView } from "../../src/geometry/camera.js";
import { add3, apply3, identity3, multiply3, rotationX, rotationZ } from "../../src/geometry/rotation.js";
import type { Picture } from "../../src/tasks/task.js";
import { edges2dOf } from "../../src/worlds/labels/edges2d.js";
import { keypoints2dOf } from "../../src/worlds/labels/keypoints2d.js";
import { occlusionEdges } from "../../src/worlds/labels/occlusion-edges.js";
import { reshadingOf } from "../../src/worlds/labels/reshading.js";
import { traceVisibility, type View } from "../../src/worlds/render/visibility.js";
import { emptyScene, Placer } from "../../src/worlds/scene.js";
import { makeMaterial } from "../../src/worlds/surface/material.js";
import { Tracer } from "../../src/worlds/trace/tracer.js";

const [width, height] = [33, 25];
const area = width * height;
const grey = [0.5, 0.5, 0.5] as const;
const white = makeMaterial({ colours: [grey, grey, grey] });
/** World and camera coordinates are the same: x right, y down, z forward. */
const view: View = {
  camera: cameraFromFieldOfView(width, height, 1.1),
  position: [0, 0, 0],
  rotation: identity3,
};

function seenIn(build: (place: Placer) => void) {
  const scene = emptyScene();
  build(new Placer(scene, { origin: [0, 0, 0], rotation: identity3 }, 0, 0));
  const tracer = new Tracer(scene.primitives);
  const seen = traceVisibility(scene, tracer, view, width, height);
  return { seen, edges: occlusionEdges(tracer, view, seen), shading: reshadingOf(view, seen) };
}

/** A wall that fills the view, its face at `z` metres. */
const wall = (place: Placer, z: number) => place.box([0, 0, z + 1], [60, 60, 2], white);
/** A frontal plane leans back by `angle`; the turn within it keeps rays from running along the box's axes. */
const slant = (angle: number) => multiply3(rotationX(angle), rotationZ(0.05));
const row = (map: Float32Array, y = (height - 1) / 2) => [...map.subarray(y * width, (y + 1) * width)];

describe("occlusion edges", () => {
  it("are 0 on a slanted plane, also one that is made of two boxes", () => {
    const turn = slant(1);
    const { edges, seen } = seenIn((place) => {
      for (const y of [-30, 30]) {
        place.box(add3([0, 0, 6], apply3(turn, [0, y, 0])), [60, 60, 2], white, { turn });
      }
    });
    expect(new Set(seen.primitive).size).toBe(2);
    // Depth changes by enough from row to row to be taken for an edge, were it not for the slant.
    const rows = Array.from({ length: height }, (_, y) => seen.depth[y * width]);
    for (let y = 1; y < height; y++) expect(rows[y] / rows[y - 1]).toBeGreaterThan(1.03);
    expect(edges.every((value) => value === 0)).toBe(true);
  });

  it("are 0 where surfaces meet: the corners of a room and the folds and foot of a thing that stands in it", () => {
    const { edges, seen } = seenIn((place) => {
      wall(place, 6);
      place.box([0, 11, 0], [60, 20, 60], white);
      place.box([31.5, 0, 0], [60, 60, 60], white);
      // From the back wall to the front, and as high as the view: nothing lies behind it but its own wall.
      place.box([-1.5, 0, 5], [1, 8, 2.1], white, { turn: rotationZ(0.1) });
    });
    expect(new Set(seen.surface).size).toBe(5);
    // On its left the thing hides the wall; to its right there are folds only.
    const hidden = row(edges).indexOf(1);
    const shown = row(Float32Array.from(seen.primitive)).indexOf(3);
    expect(Math.abs(hidden - shown)).toBeLessThanOrEqual(1);
    for (let y = 0; y < height; y++) {
      for (let x = shown + 6; x < width; x++) expect(edges[y * width + x]).toBe(0);
    }
  });

  it("are 1 along a silhouette, a third beside it and 0 elsewhere", () => {
    const { edges, seen } = seenIn((place) => {
      wall(place, 4);
      place.box([0, 0, 2.25], [1, 60, 0.5], white);
    });
    const line = row(edges);
    const first = row(Float32Array.from(seen.primitive)).indexOf(1);
    expect(line.slice(first - 4, first + 4)).toEqual(
      [0, 0, 1 / 3, 1, 1, 1 / 3, 0, 0].map((value) => Math.fround(value)),
    );
    for (let y = 0; y < height; y++) expect(row(edges, y)).toEqual(line);
    expect(line).toEqual([...line].reverse());
  });

  it("grow with the step, between 1 and 10 percent of the farther depth", () => {
    for (const [near, expected] of [
      [3.97, 0],
      [3.8, 0.04 / 0.09],
      [3.5, 1],
    ]) {
      const { edges } = seenIn((place) => {
        wall(place, 4);
        place.box([0, 0, near + 0.1], [1, 60, 0.2], white);
      });
      expect(Math.max(...edges)).toBeCloseTo(expected, 5);
    }
  });

  it("outline a ball and a slim pole, and leave the ball's face alone", () => {
    const { edges, seen } = seenIn((place) => {
      wall(place, 5);
      place.ellipsoid([0, 0, 3], [1.6, 1.6, 1.6], white);
      place.cylinder([1.2, 0, 3], 0.06, 0.5, white);
    });
    const centre = ((height - 1) / 2) * width + (width - 1) / 2;
    expect(seen.primitive[centre]).toBe(1);
    expect(edges[centre]).toBe(0);
    expect(edges.filter((value) => value === 1).length).toBeGreaterThan(30);
  });
});

describe("reshading", () => {
  it("of a wall that faces the camera is 1 in the middle and the cosine of the ray elsewhere", () => {
    const { shading } = seenIn((place) => wall(place, 3));
    expect(shading[((height - 1) / 2) * width + (width - 1) / 2]).toBeCloseTo(1, 6);
    const { fx, fy, cx, cy } = view.camera;
    expect(shading[0]).toBeCloseTo(1 / Math.hypot(cx / fx, cy / fy, 1), 6);
    expect(row(shading)).toEqual([...row(shading)].reverse());
  });

  it("does not depend on distance, and falls to the cosine of a surface's slant", () => {
    const [near, far] = [1, 9].map((z) => seenIn((place) => wall(place, z)).shading);
    far.forEach((value, i) => {
      expect(value).toBeCloseTo(near[i], 6);
    });
    const { shading } = seenIn((place) => {
      place.box([0, 0, 5], [60, 60, 0.01], white, { turn: slant(Math.PI / 3) });
    });
    expect(shading[((height - 1) / 2) * width + (width - 1) / 2]).toBeCloseTo(0.5, 3);
  });
});

function picture(value: (x: number, y: number) => number): Picture {
  const data = Uint8Array.from({ length: 3 * area }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return value(pixel % width, Math.floor(pixel / width));
  });
  return { width, height, data };
}
const disc = (x: number, y: number) => ((x - 16) ** 2 + (y - 12) ** 2 < 10 ? 230 : 40);

describe("2D keypoints", () => {
  it("are 0 where the image is even and along straight edges", () => {
    for (const value of [
      () => 90,
      (x: number) => (x < 16 ? 20 : 220),
      (_x: number, y: number) => (y < 9 ? 0 : 255),
    ]) {
      expect(Math.max(...keypoints2dOf(picture(value)))).toBeLessThan(1e-9);
    }
  });

  it("are largest on a spot, bright or dark alike", () => {
    const response = keypoints2dOf(picture((x, y) => 128 + (disc(x, y) - 40) / 30));
    expect(response.indexOf(Math.max(...response))).toBe(12 * width + 16);
    const inverse = keypoints2dOf(picture((x, y) => 128 - (disc(x, y) - 40) / 30));
    // Whole grey levels round differently upwards and downwards.
    expect(Math.max(...inverse) / Math.max(...response)).toBeCloseTo(1, 0);
    expect(Math.max(...keypoints2dOf(picture(disc)))).toBe(1);
  });

  it("are the determinant of the box-filter Hessian, weight by weight", () => {
    // A point of brightness b answers with the filters' weights at its place: here those of the 9 x 9 filters
    // at the point itself (-2, -2, 0), which beat those of the larger ones.
    const b = 12 / 255;
    const response = keypoints2dOf(picture((x, y) => (x === 16 && y === 12 ? 12 : 0)));
    const weight = (size: number, w: number) => (w * b) / size ** 2;
    expect(response[12 * width + 16]).toBeCloseTo(weight(9, -2) ** 2 / 0.005, 6);
    // Two to the right and below, the filters of 15 have (-2, -2, 1), and nothing beats them.
    const expected = weight(15, -2) ** 2 - (0.9 * weight(15, 1)) ** 2;
    expect(response[14 * width + 18]).toBeCloseTo(expected / 0.005, 6);
  });
});

describe("2D edges", () => {
  it("are 0 on an even image and grow with the step, up to a quarter of the range", () => {
    expect(Math.max(...edges2dOf(picture(() => 90)))).toBeLessThan(1e-9);
    for (const [step, expected] of [
      [32, (4 * 32) / 255],
      [64, 1],
      [200, 1],
    ]) {
      const edges = edges2dOf(picture((x) => (x < 16 ? 20 : 20 + step)));
      const line = row(edges);
      expect(line[15]).toBeCloseTo(expected, 5);
      expect(line[16]).toBeCloseTo(expected, 5);
      expect(Math.max(...line.slice(0, 12), ...line.slice(20))).toBeLessThan(1e-9);
      for (let y = 0; y < height; y++)
        row(edges, y).forEach((value, x) => {
          expect(value).toBeCloseTo(line[x], 6);
        });
    }
  });

  it("do not depend on direction or sign", () => {
    const edges = edges2dOf(picture((x, y) => disc(x, y) / 4));
    const at = (x: number, y: number) => edges[(12 + y) * width + 16 + x];
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        for (const other of [at(y, x), at(-x, y), at(x, -y)]) expect(other).toBeCloseTo(at(x, y), 6);
      }
    }
    const inverse = edges2dOf(picture((x, y) => 100 - Math.floor(disc(x, y) / 4)));
    inverse.forEach((value, i) => {
      expect(value).toBeCloseTo(edges[i], 6);
    });
  });
});
