// A world of one's own: flat squares before a wall, with classes and depth, for tests that need pictures
// without a renderer. In a configuration:
//   plugins: [./squares-world.mjs]
//   data: {world: squares, train: 100, val: 20, test: 20, size: [64, 64]}
// @ts-check
import { Random } from "taskloom";
import { cameraFromFieldOfView } from "taskloom/geometry";

const CLASSES = ["wall", "square"];
const WALL = 5;
/** @type {import("taskloom/tasks").SegmentationSpec} */
const segmentation = { kind: "segmentation", classes: CLASSES, ignore: 255 };
/** @type {import("taskloom/tasks").DepthSpec} */
const depth = { kind: "depth", scale: 0.001, invalid: 0 };

/** @type {import("taskloom/worlds").World} */
const squares = {
  name: "squares",
  summary: "flat squares before a wall: two classes and depth",
  version: 1,
  tasks: { segmentation, depth },
  camera: (_seed, height, width) => cameraFromFieldOfView(width, height, 1.1),
  render(seed, split, index, height, width) {
    const random = new Random(seed, "squares", split, index);
    const area = height * width;
    const image = new Uint8Array(3 * area).fill(90);
    const [classes, metres] = [new Float32Array(area), new Float32Array(area).fill(WALL)];
    const instances = new Int32Array(area);
    for (let n = 1; n <= 4; n++) {
      const [side, away] = [4 + random.integer(Math.max(1, height / 3)), random.uniform(1, 4)];
      const [top, left] = [random.integer(height), random.integer(width)];
      const colour = [random.integer(256), random.integer(256), random.integer(256)];
      for (let y = top; y < Math.min(height, top + side); y++) {
        for (let x = left; x < Math.min(width, left + side); x++) {
          const i = y * width + x;
          if (metres[i] < away) continue;
          [classes[i], metres[i], instances[i]] = [1, away, n];
          image.set(colour, 3 * i);
        }
      }
    }
    const map = (/** @type {Float32Array} */ data) => ({
      ...{ channels: 1, height, width, data },
      valid: new Uint8Array(area).fill(1),
    });
    return {
      image: { width, height, data: image },
      labels: { segmentation: map(classes), depth: map(metres) },
      instances,
      camera: squares.camera(seed, height, width),
    };
  },
};

export const worlds = [squares];
