/**
 * @file What an evaluation finds besides its metrics: each image's own, those of classes, the worst images.
 */
import type { Sample } from "../../data/types.js";
import { sumOfClassResults } from "../../tasks/class-results.js";
import type { SharedClasses } from "../../tasks/shared-classes.js";
import type { ClassResults, MeasuringOptions, PredictionMap, Task } from "../../tasks/task.js";
import { copiedMaps } from "./drawn-size.js";
import { drawDisagreement, drawTask, type TaskPictures } from "./pictures.js";

/** An image with pictures of it. */
export interface DrawnImage {
  readonly id: string;
  /** The task's primary metric of the image alone; NaN where it has none. */
  readonly value: number;
  readonly pictures: TaskPictures;
}

/** What was found of one task. */
export interface TaskFindings {
  readonly task: string;
  /**
   * Images that have a label with a valid pixel, and the metrics of each; none where metrics are of the whole
   * set.
   */
  readonly images: readonly { readonly id: string; readonly metrics: Readonly<Record<string, number>> }[];
  /** Of tasks with classes. */
  readonly perClass?: ClassResults;
  /** Those with the worst primary metric, the worst first. */
  readonly worst: readonly DrawnImage[];
  /** Those that were asked for, in the split's order. */
  readonly chosen: readonly DrawnImage[];
}

export interface FindingsOptions {
  readonly tasks: readonly Task[];
  readonly measuring?: Pick<MeasuringOptions, "medianScaling">;
  /** As `evaluateSplit` has it. */
  readonly shared?: Readonly<Record<string, Pick<SharedClasses, "groups">>>;
  /** How many of the worst images are drawn; default 4. */
  readonly worst?: number;
  /** Ids of images to draw whatever comes out. */
  readonly chosen?: ReadonlySet<string>;
  /** Compares all predictions of each of the worst images with one another; maps [H,W] by task. */
  readonly disagreement?: (
    predictions: Readonly<Record<string, PredictionMap>>,
  ) => Promise<Readonly<Record<string, Float32Array>>>;
}

/** One of the worst images, with all that was predicted of it where that is needed later. */
interface WorstImage extends DrawnImage {
  readonly predictions?: Readonly<Record<string, PredictionMap>>;
}

/** Of one task, while images come in. */
class TaskGatherer {
  readonly #task: Task;
  readonly #options: FindingsOptions;
  readonly #images: TaskFindings["images"][number][] = [];
  readonly #chosen: DrawnImage[] = [];
  readonly #worst: WorstImage[] = [];
  #perClass: ClassResults | undefined;

  constructor(task: Task, options: FindingsOptions) {
    this.#task = task;
    this.#options = options;
  }

  add(sample: Sample, predictions: Readonly<Record<string, PredictionMap>>): void {
    const prediction = predictions[this.#task.name];
    const value = this.#measure(sample, prediction);
    const { worst = 4, chosen, disagreement } = this.#options;
    const last = this.#worst[this.#worst.length - 1];
    const bad = !Number.isNaN(value) && (this.#worst.length < worst || this.#isWorse(value, last?.value));
    const asked = chosen?.has(sample.id) === true;
    if (!bad && !asked) return;
    const drawn = { id: sample.id, value, pictures: drawTask(sample, prediction, this.#task) };
    if (asked) this.#chosen.push(drawn);
    if (!bad) return;
    // Behind those that are worse or as bad.
    const place = this.#worst.findIndex((image) => this.#isWorse(value, image.value));
    const kept = disagreement === undefined ? drawn : { ...drawn, predictions: copiedMaps(predictions) };
    this.#worst.splice(place === -1 ? this.#worst.length : place, 0, kept);
    this.#worst.length = Math.min(this.#worst.length, worst);
  }

  async findings(): Promise<TaskFindings> {
    const worst: DrawnImage[] = [];
    for (const image of this.#worst) worst.push(await this.#compared(image));
    return {
      task: this.#task.name,
      images: this.#images,
      ...(this.#perClass && { perClass: this.#perClass }),
      worst,
      chosen: this.#chosen,
    };
  }

  /** The image with a picture of where the other tasks disagree. */
  async #compared({ predictions, ...drawn }: WorstImage): Promise<DrawnImage> {
    const { name } = this.#task;
    const values = predictions && (await this.#options.disagreement?.(predictions))?.[name];
    if (values === undefined) return drawn;
    const disagreement = drawDisagreement(predictions![name], values);
    return { ...drawn, pictures: { ...drawn.pictures, disagreement } };
  }

  /** The primary metric of an image alone. */
  #measure(sample: Sample, prediction: PredictionMap): number {
    const { name, spec, kind } = this.#task;
    const { metrics } = kind;
    const label = sample.labels[name];
    if (label === undefined || metrics.wholeSet === true) return Number.NaN;
    const { id, width, height, fileSize } = sample;
    const { measuring, shared } = this.#options;
    const accumulator = metrics.accumulator(spec, { ...measuring, classes: shared?.[name]?.groups });
    accumulator.update(prediction, label, { id, ...(fileSize ?? { width, height }) });
    const own = accumulator.result();
    const results = accumulator.perClass?.();
    if (results !== undefined) this.#perClass = sumOfClassResults(this.#perClass, results);
    const value = own[metrics.primary];
    if (!Number.isNaN(value)) this.#images.push({ id, metrics: own });
    return value;
  }

  #isWorse(value: number, than: number | undefined): boolean {
    if (than === undefined) return false;
    const { infos, primary } = this.#task.kind.metrics;
    const { better } = infos.find(({ name }) => name === primary)!;
    return better === "higher" ? value < than : value > than;
  }
}

/** Gathers findings while a split is measured: hand it what `evaluateSplit` shows. */
export class Findings {
  readonly #gatherers: readonly TaskGatherer[];

  constructor(options: FindingsOptions) {
    this.#gatherers = options.tasks.map((task) => new TaskGatherer(task, options));
  }

  add(sample: Sample, predictions: Readonly<Record<string, PredictionMap>>): void {
    for (const gatherer of this.#gatherers) gatherer.add(sample, predictions);
  }

  async result(): Promise<TaskFindings[]> {
    const all: TaskFindings[] = [];
    for (const gatherer of this.#gatherers) all.push(await gatherer.findings());
    return all;
  }
}
