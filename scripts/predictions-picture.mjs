// `node scripts/predictions-picture.mjs RUN OUT.png [COUNT] [SCALE]`: a run's predictions on test images as
// one picture, as in the README.
import { writeFileSync } from "node:fs";
import { encodePicture, pictureGrid } from "../dist/report/index.js";
import { evaluateAndDraw } from "./lib/evaluate-and-draw.mjs";

const [folder, out, count = "5", scale = "1"] = process.argv.slice(2);
if (out === undefined) {
  console.error("usage: node scripts/predictions-picture.mjs RUN OUT.png [COUNT] [SCALE]");
  process.exit(2);
}
const { tasks, samples } = await evaluateAndDraw(folder, { count: Number(count), checkpoint: "best" });
const rows = samples.map(({ input, tasks: drawn }) => [
  input,
  ...tasks.flatMap(({ name }) => [drawn[name].prediction, drawn[name].label]),
]);
const columnTitles = ["input", ...tasks.flatMap(({ name }) => [name, "truth"])];
const picture = pictureGrid(rows, { scale: Number(scale), columnTitles, titleScale: 1 });
writeFileSync(out, encodePicture(picture));
console.log(`${out}: ${picture.width}x${picture.height}`);
