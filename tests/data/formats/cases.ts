/** @file Every format as the smallest files in its layout, and what reading them must give. */
import { readFileSync } from "node:fs";
import { encodeNpy, type NpyData } from "../../../src/data/files/npy.js";
import { encodePng } from "../../../src/data/files/png.js";
import type { LabelMap } from "../../../src/tasks/task.js";
import { greyPng, noisePng } from "../../helpers/dataset.js";
import { waymoFile } from "../../helpers/waymo.js";
import { FILMED } from "./filmed-cases.js";
import { SWEEPS } from "./sweep-cases.js";

export type Files = Record<string, string | Uint8Array>;

export interface FormatCase {
  readonly files: Files;
  readonly splits: Readonly<Record<string, string[]>>;
  /** Labels of the first sample. */
  readonly labels: Readonly<Record<string, LabelMap["data"]>>;
  /** Code of the error where every binary file lacks its last bytes; a truncated PNG's if left out. */
  readonly cut?: string;
}

/** Written by tests/golden/mat.py. */
export const golden = JSON.parse(readFileSync("tests/golden/mat.json", "utf8")) as {
  numbers: string;
  numbersCompressed: string;
  mixed: string;
  mixedCompressed: string;
  sunSplit: string;
  nyu: {
    frames: string;
    splits: string;
    map40: string;
    map13: string;
    images: number[][];
    depths: number[][];
    labels: number[][];
    size: [number, number];
  };
};

/** Written by tests/golden/annotated_mat.py. */
export const annotated = JSON.parse(readFileSync("tests/golden/annotated-mat.json", "utf8")) as {
  bsds: Readonly<Record<"two" | "sizes" | "values" | "nobody" | "ten" | "other", string>> & {
    boundaries: number[][];
  };
  sbd: { classes: string; values: string; segmentation: number[] };
  sparse: { file: string; rows: number[]; columns: number[]; data: number[] };
};

const npy = (shape: number[], data: NpyData) => encodeNpy({ shape, data });

/** An image of floats [height, width, 3]: 0, 1/n, 2/n, ... */
export function imageNpy(width: number, height: number): Uint8Array {
  const count = 3 * width * height;
  return npy(
    [height, width, 3],
    Float32Array.from({ length: count }, (_, i) => i / count),
  );
}

const CITYSCAPES: Files = {
  "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png": noisePng(4, 1),
  "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png": greyPng(4, [7, 9, 24, 0]),
  "gtFine/train/aachen/aachen_000000_000019_gtFine_color.png": noisePng(4, 1),
  "disparity/train/aachen/aachen_000000_000019_disparity.png": greyPng(4, [257, 513, 26, 0], 16),
  "leftImg8bit/train/ulm/ulm_000003_000019_leftImg8bit.png": noisePng(4, 1),
  "leftImg8bit/val/munster/munster_000001_000019_leftImg8bit.png": noisePng(4, 1),
  "disparity/val/munster/munster_000001_000019_disparity.png": greyPng(4, [257, 513, 26, 0], 16),
  "leftImg8bit/test/berlin/berlin_000000_000019_leftImg8bit.png": noisePng(4, 1),
};
const CITYSCAPES_CAMERA: Files = {
  "camera/train/aachen/aachen_000000_000019_camera.json": JSON.stringify({
    extrinsic: { baseline: 0.5, pitch: 0.03 },
    intrinsic: { fx: 100, fy: 101, u0: 2, v0: 0.5 },
  }),
};
const NYU_MAT: Files = {
  "nyu_depth_v2_labeled.mat": Buffer.from(golden.nyu.frames, "base64"),
  "splits.mat": Buffer.from(golden.nyu.splits, "base64"),
  "classMapping40.mat": Buffer.from(golden.nyu.map40, "base64"),
  "class13Mapping.mat": Buffer.from(golden.nyu.map13, "base64"),
};

/** Every format, smallest possible: files, then what reading one sample must give. */
export const CASES: Readonly<Record<string, FormatCase>> = {
  camvid: {
    files: {
      "train/a.png": noisePng(2, 1),
      "trainannot/a.png": greyPng(2, [10, 11]),
      "train/b.png": noisePng(2, 1),
      "val/c.png": noisePng(2, 1),
    },
    splits: { train: ["a", "b"], val: ["c"] },
    labels: { segmentation: Float32Array.of(10, 0) },
  },
  "seven-scenes": {
    files: {
      "frame-000000.color.png": noisePng(3, 3),
      "frame-000000.depth.png": greyPng(3, [0, 65535, 1000, 2000, 2000, 2000, 500, 500, 500], 16),
      "frame-000000.pose.txt": "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n",
    },
    splits: { train: ["000000"] },
    labels: { depth: Float32Array.of(0, 0, 1, 2, 2, 2, 0.5, 0.5, 0.5) },
  },
  "nyu-multitask": {
    files: {
      "7/image.png": noisePng(2, 1),
      "7/depth-x5000.png": greyPng(2, [5000, 0], 16),
      "7/semseg40.png": greyPng(2, [39, 255]),
      "7/normals.png": encodePng({
        width: 2,
        height: 1,
        channels: 3,
        data: Uint8Array.of(255, 127, 127, 127, 127, 255),
      }),
      "8/image.png": noisePng(2, 1),
    },
    splits: { train: ["7", "8"] },
    labels: { depth: Float32Array.of(1, 0), segmentation: Float32Array.of(39, 0) },
  },
  sunrgbd: {
    files: {
      "kv1/b3dodata/img_1/image/x.png": noisePng(2, 1),
      "kv1/b3dodata/img_1/depth_bfx/x.png": greyPng(2, [((1500 << 3) | (1500 >> 13)) & 0xffff, 0xffff], 16),
      "kv1/b3dodata/img_1/intrinsics.txt": "520 0 278 0 521 215 0 0 1",
      "kv1/b3dodata/img_1/semseg37.png": greyPng(2, [36, 255]),
    },
    splits: { train: ["kv1__b3dodata__img_1"] },
    labels: { depth: Float32Array.of(1.5, 8), segmentation: Float32Array.of(36, 0) },
  },
  "pascal-voc": {
    files: {
      "JPEGImages/a.png": noisePng(2, 1),
      "JPEGImages/b.png": noisePng(2, 1),
      "SegmentationClass/a.png": greyPng(2, [20, 255]),
      "ImageSets/Segmentation/train.txt": "a\n",
      "ImageSets/Segmentation/val.txt": "b\r\n",
    },
    splits: { train: ["a"], val: ["b"] },
    labels: { segmentation: Float32Array.of(20, 0) },
  },
  waymo: {
    files: {
      "training/a.tfrecord": waymoFile([
        { camera: 1, image: noisePng(2, 1), panoptic: greyPng(2, [28 * 1000 + 7, 999], 16) },
        { camera: 5, image: noisePng(2, 1) },
      ]),
      "validation/b.tfrecord": waymoFile([{ camera: 7, image: noisePng(2, 1) }]),
    },
    splits: {
      train: ["segment__1553735853462203__front", "segment__1553735853462203__side-right"],
      test: ["segment__1553735853462203__rear"],
    },
    labels: { segmentation: Float32Array.of(27, 0) },
    cut: "data.damaged-tfrecord",
  },
  bdd100k: {
    files: {
      "images/10k/train/a.png": noisePng(2, 1),
      "labels/sem_seg/masks/train/a.png": greyPng(2, [18, 255]),
    },
    splits: { train: ["a"] },
    labels: { segmentation: Float32Array.of(18, 0) },
  },
  "coco-panoptic": {
    files: {
      "val2017/a.png": noisePng(2, 1),
      "annotations/panoptic_val2017/a.png": encodePng({
        width: 2,
        height: 1,
        channels: 3,
        data: Uint8Array.of(1, 2, 3, 0, 0, 0),
      }),
      "annotations/panoptic_val2017.json": JSON.stringify({
        images: [{ id: 5, file_name: "a.jpg" }],
        annotations: [
          {
            image_id: 5,
            file_name: "a.png",
            segments_info: [{ id: 1 + 256 * 2 + 65536 * 3, category_id: 90 }],
          },
        ],
        categories: [
          { id: 90, name: "late" },
          { id: 2, name: "early" },
        ],
      }),
    },
    splits: { val: ["a"] },
    labels: { segmentation: Float32Array.of(1, 0) },
  },
  "mtan-nyu": {
    files: {
      "train/image/0.npy": imageNpy(2, 1),
      "train/label/0.npy": npy([1, 2], Float32Array.of(12, -1)),
      "train/depth/0.npy": npy([1, 2, 1], Float64Array.of(2.5, 0)),
      "train/normal/0.npy": npy([1, 2, 3], Float32Array.of(0.6, 0, -0.8, 0, 0, 0)),
      "train/image/10.npy": imageNpy(2, 1),
      "train/image/9.npy": imageNpy(2, 1),
      "val/image/0.npy": imageNpy(2, 1),
    },
    splits: { train: ["train-0000", "train-0009", "train-0010"], test: ["val-0000"] },
    labels: {
      segmentation: Float32Array.of(12, 0),
      depth: Float32Array.of(2.5, 0),
      normals: Float32Array.of(0.6, 0, 0, 0, -0.8, 0),
    },
    cut: "data.bad-npy",
  },
  "mtan-cityscapes7": {
    files: {
      "train/image/0.npy": imageNpy(2, 1),
      "train/label_7/0.npy": npy([1, 2], BigInt64Array.of(6n, -1n)),
      "train/depth/0.npy": npy([1, 2, 1], Float32Array.of(0.25, 0)),
    },
    splits: { train: ["train-0000"] },
    labels: { segmentation: Float32Array.of(6, 0), depth: Float32Array.of(0.25, 0) },
    cut: "data.bad-npy",
  },
  "mtan-cityscapes19": {
    files: {
      "train/image/0.npy": imageNpy(2, 1),
      "train/label_19/0.npy": npy([1, 2], Float32Array.of(18, -1)),
    },
    splits: { train: ["train-0000"] },
    labels: { segmentation: Float32Array.of(18, 0) },
    cut: "data.bad-npy",
  },
  cityscapes: {
    files: { ...CITYSCAPES, ...CITYSCAPES_CAMERA },
    splits: { train: ["aachen_000000_000019"], val: ["ulm_000003_000019"], test: ["munster_000001_000019"] },
    // Road, parking (not evaluated), person, none; 0.5 m * 100 px / 1 px, and so on.
    labels: { segmentation: Float32Array.of(0, 0, 11, 0), depth: Float32Array.of(50, 25, 0, 0) },
  },
  cityscapes7: {
    files: CITYSCAPES,
    splits: { train: ["aachen_000000_000019"], val: ["ulm_000003_000019"], test: ["munster_000001_000019"] },
    labels: {
      segmentation: Float32Array.of(0, 0, 5, 0),
      "inverse-depth": Float32Array.of(256, 512, 25, 0).map((steps) => steps / 65536),
    },
  },
  "nyu-v2-mat": {
    files: NYU_MAT,
    splits: { train: ["0001", "0004"], test: ["0002", "0003"] },
    labels: {
      segmentation: Float32Array.from(golden.nyu.labels[0], (id) => [0, 2, 0, 1, 0, 2][id]),
      depth: Float32Array.from(golden.nyu.depths[0]),
    },
    cut: "data.bad-mat",
  },
  "nyu-v2-mat13": {
    files: NYU_MAT,
    splits: { train: ["0001", "0004"], test: ["0002", "0003"] },
    labels: {
      // 5 ids -> 40 classes [3, 1, 2, 0, 3] -> 13 classes [1 -> 2, 2 -> 0, 3 -> 1].
      segmentation: Float32Array.from(golden.nyu.labels[0], (id) => [0, 0, 1, 0, 0, 0][id]),
    },
    cut: "data.bad-mat",
  },
  taskonomy: {
    files: {
      "rgb/allensville/point_0_view_1_domain_rgb.png": noisePng(2, 1),
      "rgb/allensville/point_0_view_2_domain_rgb.png": noisePng(2, 1),
      "rgb/allensville/notes.png": noisePng(2, 1),
      "depth_zbuffer/taskonomy/allensville/point_0_view_1_domain_depth_zbuffer.png": greyPng(
        2,
        [1024, 65535],
        16,
      ),
      "segment_semantic/allensville/point_0_view_1_domain_segmentsemantic.png": greyPng(2, [17, 0]),
      "allensville_normal/normal/point_0_view_1_domain_normal.png": encodePng({
        width: 2,
        height: 1,
        channels: 3,
        data: Uint8Array.of(255, 127, 127, 128, 128, 255),
      }),
      "reshading/allensville/point_0_view_1_domain_reshading.png": encodePng({
        width: 2,
        height: 1,
        channels: 3,
        data: Uint8Array.of(255, 255, 255, 51, 51, 51),
      }),
      "edge_occlusion/allensville/point_0_view_1_domain_edge_occlusion.png": greyPng(2, [100, 1000], 16),
      "edge_texture/allensville/point_0_view_1_domain_edge_texture.png": greyPng(2, [1000, 65535], 16),
      "keypoints2d/allensville/point_0_view_1_domain_keypoints2d.png": greyPng(2, [0, 100], 16),
      "train_val_test_tiny.csv": "id,train,val,test\nallensville,1,0,0\n",
    },
    splits: { train: ["allensville__point_0_view_1", "allensville__point_0_view_2"] },
    labels: {
      segmentation: Float32Array.of(16, 0),
      depth: Float32Array.of(2, 0),
      reshading: Float32Array.of(1, 0.2),
      "occlusion-edges": Float32Array.of(0.244, 1),
      edges2d: Float32Array.of(0.191, 1),
      keypoints2d: Float32Array.of(0, 0.305),
    },
  },
  bsds500: {
    files: {
      "images/train/8049.png": noisePng(3, 2),
      "groundTruth/train/8049.mat": Buffer.from(annotated.bsds.two, "base64"),
      "images/val/8068.png": noisePng(3, 2),
    },
    splits: { train: ["8049"], val: ["8068"] },
    labels: {
      boundaries: Float32Array.from([
        ...annotated.bsds.boundaries.flat(),
        ...new Array<number>(7 * 6).fill(0),
      ]),
    },
  },
  sbd: {
    files: {
      "img/2008_000002.png": noisePng(3, 2),
      "img/2008_000003.png": noisePng(3, 2),
      "cls/2008_000002.mat": Buffer.from(annotated.sbd.classes, "base64"),
      "cls/2008_000003.mat": Buffer.from(annotated.sbd.classes, "base64"),
      "train.txt": "2008_000002\n",
      "val.txt": "2008_000003\n",
    },
    splits: { train: ["2008_000002"], val: ["2008_000003"] },
    labels: { segmentation: Float32Array.from(annotated.sbd.segmentation) },
  },
  "pascal-voc-aug": {
    files: {
      "JPEGImages/2007_1.png": noisePng(2, 1),
      "JPEGImages/2008_2.png": noisePng(2, 1),
      "JPEGImages/2007_3.png": noisePng(2, 1),
      "SegmentationClass/2007_1.png": greyPng(2, [20, 255]),
      "SegmentationClassAug/2007_1.png": greyPng(2, [20, 255]),
      "SegmentationClassAug/2008_2.png": greyPng(2, [3, 0]),
      "SegmentationClassAug/2007_3.png": greyPng(2, [1, 0]),
      "ImageSets/Segmentation/train.txt": "2007_1\n",
      "ImageSets/Segmentation/trainaug.txt": "2008_2\n2007_1\n",
      "ImageSets/Segmentation/val.txt": "2007_3\n",
    },
    splits: { train: ["2008_2", "2007_1"], val: ["2007_3"] },
    labels: { segmentation: Float32Array.of(3, 0) },
  },
  ...FILMED,
  ...SWEEPS,
};
