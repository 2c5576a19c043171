/** @file The rows of an image over which windows still overlap: their predictions, blended. */
import type { PredictionMap, TaskKind } from "../../tasks/task.js";
import { mended, mends } from "./enlarge.js";

/** Where a window lies, and its share in each of the rows and columns that it covers. */
export interface Place {
  readonly top: number;
  readonly left: number;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Blends windows of one task's prediction, as many rows at once as one window has. */
export class Band {
  readonly #kind: TaskKind;
  readonly #size: { readonly channels: number; readonly height: number; readonly width: number };
  readonly #sum: Float32Array;
  /** The value of the window with the largest share, for tasks that cannot mend every mixture. */
  readonly #heaviest: { readonly value: Float32Array; readonly share: Float32Array } | null;
  /** Row of the image that the band begins with. */
  #top = 0;

  /** `height` and `width` of the band: those of a window and of the image. */
  constructor(kind: TaskKind, channels: number, height: number, width: number) {
    this.#kind = kind;
    this.#size = { channels, height, width };
    this.#sum = new Float32Array(channels * height * width);
    this.#heaviest = mends(kind, channels)
      ? { value: new Float32Array(channels * height * width), share: new Float32Array(height * width) }
      : null;
  }

  /** Adds a window's prediction; what reaches beyond the image is left out. */
  add(map: PredictionMap, { top, left, rows, columns }: Place): void {
    const { channels, height, width } = this.#size;
    const heaviest = this.#heaviest;
    for (let y = 0; y < rows.length; y++) {
      for (let x = 0; x < columns.length; x++) {
        const share = rows[y] * columns[x];
        const at = (top - this.#top + y) * width + left + x;
        const leads = heaviest !== null && share > heaviest.share[at];
        if (leads) heaviest.share[at] = share;
        for (let c = 0; c < channels; c++) {
          const value = map.data[(c * map.height + y) * map.width + x];
          this.#sum[c * height * width + at] += share * value;
          if (leads) heaviest.value[c * height * width + at] = value;
        }
      }
    }
  }

  /** Rows `from` to `to` (exclusive) of the image, which no further window covers. */
  rows(from: number, to: number): PredictionMap {
    const { channels, width } = this.#size;
    const cut = (data: Float32Array) => this.#cut(data, from, to);
    const map = { channels, height: to - from, width, data: cut(this.#sum) };
    return mended(map, this.#kind, () => cut(this.#heaviest!.value));
  }

  /** Lets the band begin at row `top`. */
  moveTo(top: number): void {
    const { height, width } = this.#size;
    const gone = (top - this.#top) * width;
    const shift = (data: Float32Array) => {
      for (let plane = 0; plane < data.length; plane += height * width) {
        data.copyWithin(plane, plane + gone, plane + height * width);
        data.fill(0, plane + height * width - gone, plane + height * width);
      }
    };
    shift(this.#sum);
    if (this.#heaviest !== null) for (const data of Object.values(this.#heaviest)) shift(data);
    this.#top = top;
  }

  #cut(data: Float32Array, from: number, to: number): Float32Array {
    const { channels, height, width } = this.#size;
    const rows = new Float32Array(channels * (to - from) * width);
    for (let c = 0; c < channels; c++) {
      const start = (c * height + from - this.#top) * width;
      rows.set(data.subarray(start, start + (to - from) * width), c * (to - from) * width);
    }
    return rows;
  }
}
