/**
 * @file Ready-made settings by what they are for. They hold only what the project's own tables speak for
 * (docs/results.md), and `paper` what the papers say.
 */

/** What a preset has to know of the data. */
export interface DataFacts {
  /** Training images. */
  readonly images: number;
  /** Training images with a label, by task. */
  readonly labelled: Readonly<Record<string, number>>;
  /** [height, width] of most images. */
  readonly size: readonly [number, number];
}

/** Keys of a configuration. `size` is `data.size`. */
export interface PresetSettings {
  readonly size: readonly [number, number];
  readonly model: { readonly name: string };
  readonly method: { readonly name: string };
  readonly weighting?: { readonly name: string };
  readonly optimizer: object;
  readonly clipNorm: number | null;
  readonly batchSize: number;
  readonly steps: number;
  readonly sampling?: object;
}

interface Preset {
  /** What it is for, in a few words. */
  readonly about: string;
  /** Pixels of the shorter side. */
  readonly shortSide: number;
  /** How often each labelled image is seen. */
  readonly passes: number;
  /** How many steps that makes at least and at most. */
  readonly steps: readonly [number, number];
  readonly model: { readonly name: string; readonly [option: string]: unknown };
  /** Where some of several tasks' labels are missing; `supervised` everywhere else. */
  readonly partial?: { readonly name: string; readonly [option: string]: unknown };
  readonly optimizer: object;
  readonly clipNorm: number | null;
  /** Of several tasks; equal if left out. */
  readonly weighting?: { readonly name: string };
}

/** The networks' strides go into both sides. */
const MULTIPLE = 32;
/** The longer side is at most so many times as long. */
const LONGEST = 2;
const BATCH = 4;
const SUPERVISED = { name: "supervised" };
const decaying = { name: "adam", learningRate: 0.001, schedule: { name: "polynomial" } };

const PRESETS = {
  fast: {
    about: "a first look: a small network on small pictures",
    shortSide: 96,
    passes: 20,
    steps: [200, 1000],
    model: { name: "segnet", width: 16 },
    optimizer: decaying,
    clipNorm: 5,
  },
  good: {
    about: "what the tables recommend for two cores",
    shortSide: 128,
    passes: 60,
    steps: [400, 4000],
    // Residual networks have no leaps of the gradient at this size; learned variances cost nothing.
    model: { name: "deeplabv3plus", encoder: "resnet18", width: 24 },
    weighting: { name: "uncertainty" },
    optimizer: decaying,
    clipNorm: 5,
  },
  paper: {
    about: "the network, sizes and length of Joint-Task Regularization's paper: days without a GPU",
    shortSide: 288,
    passes: 400,
    steps: [400, Number.POSITIVE_INFINITY],
    model: { name: "segnet", width: 64 },
    partial: { name: "jtr", variant: "paper" },
    optimizer: { name: "adam", learningRate: 0.0001 },
    clipNorm: null,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];
export const USUAL_PRESET: PresetName = "good";

/** What a preset is for, in a few words. */
export const presetAbout = (name: PresetName): string => PRESETS[name].about;

/** [height, width] with the shape of the images, as large as the shorter side allows. */
function sizeLike([height, width]: readonly [number, number], short: number): [number, number] {
  const long = Math.min(LONGEST, Math.max(width, height) / Math.min(width, height)) * short;
  const rounded = Math.max(MULTIPLE, Math.round(long / MULTIPLE) * MULTIPLE);
  return width >= height ? [short, rounded] : [rounded, short];
}

/** A preset's settings for such data. Unlabelled images are left to methods that learn from them. */
export function presetSettings(name: PresetName, { images, labelled, size }: DataFacts): PresetSettings {
  const preset: Preset = PRESETS[name];
  const counts = Object.values(labelled);
  const several = counts.length > 1;
  const missing = counts.some((count) => count < images);
  const method = (several && missing ? preset.partial : undefined) ?? SUPERVISED;
  const batchSize = Math.min(BATCH, Math.max(1, images));
  const [fewest, most] = preset.steps;
  const wanted = Math.round((preset.passes * Math.max(...counts)) / batchSize);
  const steps = Math.min(most, Math.max(fewest, wanted));
  const halving = { name: "step", every: Math.ceil(steps / 2), factor: 0.5 };
  const sampling = {
    ...(several && missing && { balance: "tasks" }),
    ...(missing && method === SUPERVISED && { images: "labelled" }),
  };
  return {
    size: sizeLike(size, preset.shortSide),
    model: preset.model,
    method,
    ...(several && preset.weighting && { weighting: preset.weighting }),
    optimizer: "schedule" in preset.optimizer ? preset.optimizer : { ...preset.optimizer, schedule: halving },
    clipNorm: preset.clipNorm,
    batchSize,
    steps,
    ...(Object.keys(sampling).length > 0 && { sampling }),
  };
}
