/** @file With exact predictions constraints are zero, and they grow as predictions stray. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { motionBetween } from "../../src/constraints/beside-method.js";
import type { ConstraintContext } from "../../src/constraints/constraint.js";
import { normalsOfDepth } from "../../src/constraints/depth-normals.js";
import { constraints } from "../../src/constraints/index.js";
import { warpTo } from "../../src/constraints/warp.js";
import type { PinholeCamera } from "../../src/geometry/camera.js";
import { apply3, type Mat3, multiply3, type Vec3 } from "../../src/geometry/rotation.js";
import { input, type Tensor } from "../../src/graph/index.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { rooms } from "../../src/worlds/rooms/index.js";
import { streets } from "../../src/worlds/streets/index.js";
import type { RenderedSample } from "../../src/worlds/world.js";

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine({ provider: "cpu" });
});

const [HEIGHT, WIDTH] = [24, 32];
const AREA = HEIGHT * WIDTH;
const CAMERA: PinholeCamera = { fx: 28, fy: 27, cx: 15.2, cy: 11.8 };
const IDENTITY: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

function turn([x, y, z]: Vec3): Mat3 {
  const about = (c: number, s: number, axis: 0 | 1 | 2): Mat3 => {
    if (axis === 0) return [1, 0, 0, 0, c, -s, 0, s, c];
    return axis === 1 ? [c, 0, s, 0, 1, 0, -s, 0, c] : [c, -s, 0, s, c, 0, 0, 0, 1];
  };
  const [rx, ry, rz] = [x, y, z].map((angle, axis) =>
    about(Math.cos(angle), Math.sin(angle), axis as 0 | 1 | 2),
  );
  return multiply3(rx, multiply3(ry, rz));
}

const transposed = (m: Mat3): Mat3 => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A camera that stands at `position` in a scene, turned by `rotation`. */
interface Stand {
  readonly rotation: Mat3;
  readonly position: Vec3;
}

/**
 * What a camera sees of the plane n·X = d of the scene, painted smoothly: image [3,H,W] and depth [H,W].
 */
function seen({ rotation, position }: Stand, normal: Vec3, distance: number) {
  const depth = new Float32Array(AREA);
  const image = new Float32Array(3 * AREA);
  for (let i = 0; i < AREA; i++) {
    const ray: Vec3 = [
      ((i % WIDTH) - CAMERA.cx) / CAMERA.fx,
      (Math.floor(i / WIDTH) - CAMERA.cy) / CAMERA.fy,
      1,
    ];
    const direction = apply3(rotation, ray);
    const z = (distance - dot(normal, position)) / dot(normal, direction);
    depth[i] = z;
    const point = direction.map((each, c) => position[c] + z * each);
    for (let c = 0; c < 3; c++) {
      image[c * AREA + i] = 0.5 + 0.2 * Math.sin(1.3 * point[0] + c) * Math.cos(1.1 * point[1] - 2 * c);
    }
  }
  return { depth, image };
}

const cameraArray = ({ fx, fy, cx, cy }: PinholeCamera) => Float32Array.of(fx, fy, cx, cy);
const poseArray = ({ rotation: r, position: p }: Stand) =>
  Float32Array.of(r[0], r[1], r[2], p[0], r[3], r[4], r[5], p[1], r[6], r[7], r[8], p[2]);

const FIRST: Stand = { rotation: IDENTITY, position: [0, 0, 0] };
const SECOND: Stand = { rotation: turn([0.02, -0.03, 0.01]), position: [0.12, -0.04, 0.1] };
/** Towards the camera, in the scene, which is the first camera's. */
const NORMAL: Vec3 = [0.36, 0.16, Math.sqrt(1 - 0.36 ** 2 - 0.16 ** 2)];

const leaves = {
  image: [0, 1].map((frame) => input(`image${frame}`, [1, 3, HEIGHT, WIDTH])),
  depth: [0, 1].map((frame) => input(`depth${frame}`, [1, 1, HEIGHT, WIDTH])),
  logits: [0, 1].map((frame) => input(`logits${frame}`, [1, 3, HEIGHT, WIDTH])),
  pose: [0, 1].map((frame) => input(`pose${frame}`, [1, 3, 4])),
  normals: input("normals", [1, 3, HEIGHT, WIDTH]),
  camera: input("camera", [1, 4]),
};
const context: ConstraintContext = {
  tasks: resolveTasks({
    depth: { kind: "depth" },
    normals: { kind: "normals" },
    segmentation: { kind: "segmentation", classes: ["a", "car", "c"] },
  }),
  ...{ batchSize: 1, size: [HEIGHT, WIDTH] },
  frame: (index) => ({
    image: leaves.image[index],
    camera: leaves.camera,
    predictions: {
      depth: leaves.depth[index],
      normals: leaves.normals,
      segmentation: leaves.logits[index],
    },
  }),
  motion: (from, to) => motionBetween(leaves.pose[from], leaves.pose[to]),
};

/** Everything exact: two views of the plane. Logits are the image's colours, which move with the points. */
function exactFeeds(): Record<string, Float32Array> {
  const [first, second] = [FIRST, SECOND].map((stand) => seen(stand, NORMAL, 3));
  const normals = Float32Array.from({ length: 3 * AREA }, (_, i) => -NORMAL[Math.floor(i / AREA)]);
  return {
    ...{ image0: first.image, image1: second.image, depth0: first.depth, depth1: second.depth },
    ...{ logits0: first.image, logits1: second.image, normals, camera: cameraArray(CAMERA) },
    ...{ pose0: poseArray(FIRST), pose1: poseArray(SECOND) },
  };
}

async function weightedSum(name: string, feeds: Record<string, Float32Array>, options = {}): Promise<number> {
  const constraint = constraints[name];
  const terms = constraint.build(context, constraint.options.parse(options));
  const outputs = Object.fromEntries(terms.map(({ name: each, value }) => [each, value]));
  const values = await evaluate(engine, outputs, feeds);
  return terms.reduce((sum, { name: each, weight }) => sum + weight * values[each][0], 0);
}

describe("with exact predictions of a plane seen twice", () => {
  it.each([
    ["depth-normals", "normals", 1e-5],
    ["photometric", "depth0", 4e-3],
    ["segmentation-flow", "depth0", 1e-4],
    ["motion-cycle", "pose1", 1e-6],
  ])(
    "%s is zero, but for what bilinear sampling loses, and grows as %s strays",
    async (name, strayed, least) => {
      const exact = await weightedSum(name, exactFeeds());
      expect(exact).toBeLessThan(least);
      // One pose beside the other's inverse is still consistent: the motion back is made to stray in the
      // cycle.
      if (name === "motion-cycle") return;
      let before = exact;
      for (const amount of [0.1, 0.2, 0.4]) {
        const feeds = exactFeeds();
        feeds[strayed] = feeds[strayed].map((value, i) => value * (1 + amount * Math.sin(i / 3)));
        const now = await weightedSum(name, feeds);
        expect(now).toBeGreaterThan(before);
        before = now;
      }
    },
  );

  it("the sign of normals is the project's: towards the camera", async () => {
    const { normals } = normalsOfDepth(leaves.depth[0], leaves.camera, { threshold: 0.5, window: 1 });
    const { n } = await evaluate(engine, { n: normals }, exactFeeds());
    const middle = (HEIGHT / 2) * WIDTH + WIDTH / 2;
    expect(n[2 * AREA + middle]).toBeLessThan(0);
    for (let c = 0; c < 3; c++) expect(n[c * AREA + middle]).toBeCloseTo(-NORMAL[c], 4);
  });

  it("photometric errors by the mean depth are those of the scene at any scale, as errors in metres are not", async () => {
    const at = (scale: number) => {
      const feeds = exactFeeds();
      const stretched = (values: Float32Array) => values.map((value) => scale * value);
      // Depth that is not exact, so that there are errors.
      feeds.depth0 = stretched(feeds.depth0.map((value, i) => value * (1 + 0.2 * Math.sin(i / 3))));
      feeds.depth1 = stretched(feeds.depth1);
      feeds.pose1 = feeds.pose1.map((value, i) => (i % 4 === 3 ? scale * value : value));
      return feeds;
    };
    const options = { normalise: "mean", depthAgreement: 1 };
    const [one, ten] = [
      await weightedSum("photometric", at(1), options),
      await weightedSum("photometric", at(10), options),
    ];
    expect(one).toBeGreaterThan(0.01);
    expect(ten / one).toBeCloseTo(1, 3);
    const metres = { depthAgreement: 1 };
    expect(await weightedSum("photometric", at(10), metres)).toBeGreaterThan(
      2 * (await weightedSum("photometric", at(1), metres)),
    );
  });

  it("the motion undone is the motion back, where both are those of the cameras", async () => {
    const undone = await weightedSum("photometric", exactFeeds(), { backward: "inverted" });
    expect(undone).toBeCloseTo(await weightedSum("photometric", exactFeeds()), 5);
  });

  it("a wrong sign of the translation is seen", async () => {
    const feeds = exactFeeds();
    feeds.pose1 = poseArray({ ...SECOND, position: SECOND.position.map((each) => -each) as unknown as Vec3 });
    expect(await weightedSum("photometric", feeds)).toBeGreaterThan(
      5 * (await weightedSum("photometric", exactFeeds())),
    );
  });
});

it("a pixel goes where its point is seen, for any motion", async () => {
  const angle = fc.double({ min: -0.3, max: 0.3, noNaN: true });
  const length = fc.double({ min: -0.5, max: 0.5, noNaN: true });
  const stand = fc.record({
    rotation: fc.tuple(angle, angle, angle),
    position: fc.tuple(length, length, length),
  });
  const warp = warpTo(leaves.depth[0], leaves.camera, leaves.camera, context.motion(0, 1));
  const outputs: Record<string, Tensor> = { x: warp.x, y: warp.y, z: warp.z };
  await fc.assert(
    fc.asyncProperty(stand, stand, fc.integer({ min: 0, max: AREA - 1 }), async (first, second, pixel) => {
      const [a, b] = [first, second].map(({ rotation, position }) => ({
        rotation: turn(rotation),
        position,
      }));
      const depth = new Float32Array(AREA).fill(3);
      const feeds = { ...exactFeeds(), depth0: depth, pose0: poseArray(a), pose1: poseArray(b) };
      const got = await evaluate(engine, outputs, feeds);
      const [u, v] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
      const point = apply3(a.rotation, [
        (3 * (u - CAMERA.cx)) / CAMERA.fx,
        (3 * (v - CAMERA.cy)) / CAMERA.fy,
        3,
      ]);
      const scene = point.map((each, c) => each + a.position[c] - b.position[c]) as unknown as Vec3;
      const [x, y, z] = apply3(transposed(b.rotation), scene);
      expect(got.z[pixel]).toBeCloseTo(z, 4);
      expect(got.x[pixel]).toBeCloseTo(CAMERA.cx + (CAMERA.fx * x) / z, 2);
      expect(got.y[pixel]).toBeCloseTo(CAMERA.cy + (CAMERA.fy * y) / z, 2);
    }),
    { numRuns: 15 },
  );
});

it("depth and normals of rendered rooms agree, but at creases", async () => {
  const { labels, camera } = rooms.render(3, "train", 0, 48, 64);
  const shape = (channels: number) => [1, channels, 48, 64];
  const [depth, normals] = [input("d", shape(1)), input("n", shape(3))];
  const { depthNormals } = await import("../../src/constraints/depth-normals.js");
  const own: ConstraintContext = {
    ...context,
    size: [48, 64],
    frame: () => ({ image: depth, camera: leaves.camera, predictions: { depth, normals } }),
  };
  const errorOf = async (change: (metres: number, i: number) => number) => {
    const [{ value }] = depthNormals.build(own, depthNormals.options.parse({ window: 1 }));
    const feeds = {
      ...{ d: labels.depth.data.map(change), n: labels.normals.data, camera: cameraArray(camera) },
    };
    return (await evaluate(engine, { value }, feeds)).value[0];
  };
  const exact = await errorOf((metres) => metres);
  expect(exact).toBeLessThan(0.12);
  expect(await errorOf((metres, i) => metres * (1 + 0.02 * Math.sin(i)))).toBeGreaterThan(2 * exact);
});

it("points of rendered streets go where their optical flow says, moving ones too", async () => {
  const [rows, columns] = [48, 96];
  const area = rows * columns;
  const frames = streets.video!.frames(5, "train", 1, rows, columns)[Symbol.iterator]();
  const [first, second] = [frames.next().value!, frames.next().value!] as RenderedSample[];
  const shape = (channels: number) => [1, channels, rows, columns];
  const leaf = {
    depth: input("depth", shape(1)),
    residual: input("residual", shape(3)),
    camera: input("camera", [1, 4]),
    poses: [input("pose0", [1, 3, 4]), input("pose1", [1, 3, 4])],
  };
  const motion = { ...motionBetween(leaf.poses[0], leaf.poses[1]), residual: leaf.residual };
  const { x, y, inside } = warpTo(leaf.depth, leaf.camera, leaf.camera, motion);
  const { depth } = first.labels;
  const got = await evaluate(
    engine,
    { x, y, inside },
    {
      depth: depth.data.map((metres, i) => (depth.valid[i] === 1 ? metres : 1)),
      residual: first.motion!.motion.data,
      camera: cameraArray(first.camera),
      ...{ pose0: poseArray(first.pose!), pose1: poseArray(second.pose!) },
    },
  );
  const { flow, motion: own } = first.motion!;
  let [compared, moving] = [0, 0];
  for (let i = 0; i < area; i++) {
    if (depth.valid[i] !== 1 || flow.valid[i] !== 1) continue;
    const [u, v] = [(i % columns) + flow.data[i], Math.floor(i / columns) + flow.data[area + i]];
    // Far outside the image a hair's breadth of depth is many pixels.
    if (Math.abs(u) > 2 * columns || Math.abs(v) > 2 * rows) continue;
    expect(Math.abs(got.x[i] - u), `x of ${i}`).toBeLessThan(0.02);
    expect(Math.abs(got.y[i] - v), `y of ${i}`).toBeLessThan(0.02);
    compared++;
    if (own.data[i] !== 0 || own.data[2 * area + i] !== 0) moving++;
  }
  expect(compared).toBeGreaterThan(area / 2);
  expect(moving).toBeGreaterThan(10);
});
