/** @file What becomes of a prediction's strips: a picture, and the whole map or what its scores come to. */
import type { Size } from "../../fields/size.js";
import type { Picture, PredictionMap, Raster, Task } from "../../tasks/task.js";

/** Takes the strips of one task's prediction, in any order. */
export interface Collector {
  take(top: number, rows: PredictionMap): void;
  /** Once every row was taken. */
  result(): Collected;
}

export type Collected =
  | { readonly picture: Picture; readonly values: PredictionMap }
  | { readonly picture: Picture; readonly decided: Raster };

/** The collector that the kind of task needs: scores that can be decided on are not kept. */
export function collectorOf({ kind, spec }: Task, size: Size): Collector {
  const { decision } = kind.files;
  if (decision === undefined) {
    const { take, values } = wholeMap({ kind, spec }, size);
    return { take, result: () => ({ picture: kind.drawing.prediction(values, spec), values }) };
  }
  const picture = { ...size, data: new Uint8Array(3 * size.height * size.width) };
  let decided: Raster | undefined;
  return {
    take(top, rows) {
      const part = decision.of(rows, spec);
      decided ??= { ...part, height: size.height, data: blankLike(part, size) };
      decided.data.set(part.data, top * size.width * part.channels);
      picture.data.set(kind.drawing.prediction(rows, spec).data, 3 * top * size.width);
    },
    result: () => ({ picture, decided: decided! }),
  };
}

function blankLike({ channels, data }: Raster, { height, width }: Size): Raster["data"] {
  const Values = data.constructor as new (length: number) => Raster["data"];
  return new Values(height * width * channels);
}

/** A map that strips are put into. */
export function wholeMap(
  { kind, spec }: Pick<Task, "kind" | "spec">,
  { height, width }: Size,
): Pick<Collector, "take"> & { readonly values: PredictionMap } {
  const channels = kind.learning.channels(spec);
  const data = new Float32Array(channels * height * width);
  return {
    values: { channels, height, width, data },
    take(top, rows) {
      const count = rows.height * width;
      for (let c = 0; c < channels; c++) {
        data.set(rows.data.subarray(c * count, (c + 1) * count), (c * height + top) * width);
      }
    },
  };
}
