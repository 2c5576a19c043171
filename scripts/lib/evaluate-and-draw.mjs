// Measures a run and draws its first predictions. Needs the build.
import { pictureOfImage } from "../../dist/report/index.js";
import { evaluateRun, findRun } from "../../dist/training/index.js";

/**
 * Metrics of a run on its test split, or that of another dataset folder, and pictures of `count` of its
 * images, evenly spread: the input and for each task prediction and label.
 */
export async function evaluateAndDraw(folder, { count, checkpoint, data }) {
  const kept = [];
  const onSample = ({ id, image, width, height, labels }, predictions) => {
    // The maps' memory is used again for the next batch.
    const copied = Object.entries(predictions).map(([task, map]) => [
      task,
      { ...map, data: map.data.slice() },
    ]);
    kept.push({ id, labels, input: pictureOfImage(image, width, height), maps: Object.fromEntries(copied) });
  };
  const evaluation = await evaluateRun(findRun(folder), { checkpoint, data, onSample });
  const chosen = kept.filter(
    (_, i) => Math.floor((i * count) / kept.length) !== Math.floor(((i - 1) * count) / kept.length),
  );
  const samples = chosen.map(({ id, input, labels, maps }) => ({
    id,
    input,
    tasks: Object.fromEntries(
      evaluation.tasks.map(({ name, kind, spec }) => {
        const label = labels[name];
        // Both over the label's range, so that equal colours mean equal values.
        const range = label === undefined ? undefined : kind.drawing.range(label, spec);
        return [
          name,
          {
            prediction: kind.drawing.prediction(maps[name], spec, range),
            label: label === undefined ? undefined : kind.drawing.label(label, spec, range),
          },
        ];
      }),
    ),
  }));
  return { ...evaluation, samples };
}
