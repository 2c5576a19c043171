/** @file What the steps of the speed benchmark are measured against, and at which size. */
import type { StepName } from "./ours.js";

/** A step's counterpart in PyTorch, and what both are measured at. */
export interface Peer {
  readonly script: string;
  readonly forms: readonly string[];
  readonly width: string;
  /** 4 if left out. */
  readonly batch?: string;
  /** [height, width] of the network's maps; 96x128 if left out. */
  readonly size?: readonly [number, number];
  /** What goes in, where it is no image. */
  readonly input?: string;
  /** Whether both sides begin from the same batch and parameters, so that their first losses agree. */
  readonly alike?: boolean;
  /** The step in words, at a width and batch size. */
  title(width: string, batch: string): string;
}

/**
 * Variables of PyTorch's process, which few users set: for pieces above 32 MiB glibc asks the system anew
 * every time, which makes steps up to four times as slow; so it keeps what it has.
 */
export const KEEPING_MEMORY = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: String(2 ** 34) };

export const PEERS: Readonly<Record<StepName, Peer>> = {
  jtr: {
    script: "pytorch_jtr.py",
    forms: ["written", "shared"],
    width: "64",
    title: (width, batch) => `JTR, SegNet-${width}, 3 tasks, batch ${batch}`,
  },
  densecl: {
    script: "pytorch_densecl.py",
    forms: ["joint"],
    width: "16",
    title: (width, batch) => `depth + DenseCL, DeepLabV3+ on ResNet-26/${width}, batch ${batch} + ${batch}`,
  },
  photometric: {
    script: "pytorch_photometric.py",
    forms: ["separate", "joint"],
    width: "16",
    title: (width, batch) =>
      `photometric, depth-net on ResNet-18/${width} + motion-net-${width}, both directions, batch ${batch}`,
  },
  xtasc: {
    script: "pytorch_xtasc.py",
    forms: ["written", "early"],
    width: "32",
    title: (width, batch) =>
      `XTasC-Net, segmentation + depth, ResNet-18/${width}, transfer networks of width ${width}, batch ${batch}`,
  },
  pointpillars: {
    script: "pytorch_pointpillars.py",
    forms: ["plain", "channels_last"],
    width: "32",
    batch: "2",
    size: [128, 128],
    input: "up to 4000 pillars of 16 points in 128x128 cells",
    alike: true,
    title: (width, batch) => `PointPillars-${width}, 3 sweeps, boxes and flow, batch ${batch}`,
  },
};
