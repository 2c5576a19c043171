// Exports the run of example 1 and predicts images with the model: node examples/03-export-and-predict.mjs
// [RUN-FOLDER]
// Some five seconds on two cores.
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  exportRun,
  findRun,
  nodeEngine,
  openModel,
  predictFiles,
  readModel,
  worldByName,
  writeWorld,
} from "taskloom";

const folder = process.argv[2] ?? "runs/example";
const path = await exportRun(findRun(folder), { out: join(folder, "exported.onnx") });

// Two rooms that the run has not seen.
const rooms = join(folder, "rooms");
if (!existsSync(rooms)) {
  const splits = { train: 0, val: 0, test: 2 };
  await writeWorld({ out: rooms, world: worldByName("rooms"), splits, size: [120, 160], seed: 99 });
}
const images = ["000000", "000001"].map((id) => join(rooms, "test", "image", `${id}.png`));

const model = await openModel(await nodeEngine(), await readModel(path), path);
const { written } = await predictFiles(model, images, join(folder, "predictions"));
for (const { image, tasks } of written) {
  for (const [task, { picture }] of Object.entries(tasks)) console.log(`${image}: ${task} in ${picture}`);
}
await model.release();
