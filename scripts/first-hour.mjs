// Plays the first hour of docs/first-hour.md:
//   node scripts/first-hour.mjs PHOTOS [--masks DIR] [--depth DIR] [--out DIR]
// Without photos it draws some rooms. Everything lands in first-hour/ (or DIR): dataset, run, reports,
// predictions, model.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/**
 * The commands of the first hour, one after the other. `run` carries out one, with the words behind
 * `taskloom`, and gives what it printed; `set` are settings of the training, e.g. a smaller size. Throws
 * where one fails.
 * @returns the events of the training, and the shapes of what the exported model gives.
 */
export async function playFirstHour({ photos, masks, depth, folder, set = [], run, say = () => undefined }) {
  const at = (name) => join(folder, name);
  const labels = [...(masks ? ["--masks", masks] : []), ...(depth ? ["--depth", depth] : [])];
  const play = async (what, ...words) => {
    say(`\n# ${what}\n$ taskloom ${words.join(" ")}`);
    return await run(words);
  };
  await play("look at what is there", "init", photos, ...labels, "--out", at("data"), "--preset", "fast");
  await play("check every file", "data", "inspect", at("data"), "--html", at("inspect.html"));
  const sets = set.flatMap((each) => ["--set", each]);
  const told = await play("train", "train", at("data/config.yaml"), "--run", at("run"), "--json", ...sets);
  const events = told
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  await play("watch", "report", at("run"));
  await play("measure", "evaluate", at("run"), "--html", at("evaluation.html"));
  await play(
    "predict",
    "predict",
    at("run"),
    at("data/test/image"),
    "--out",
    at("predictions"),
    "--overlay",
    "--legend",
  );
  await play("export", "export", at("run"), "--out", at("model.onnx"), "--check");
  say("\n# use model.onnx without Taskloom");
  const outputs = await runPlainly(at("model.onnx"), at("model.json"));
  for (const [name, shape] of Object.entries(outputs)) say(`${name} [${shape}]`);
  return { events, outputs };
}

/** The exported model on a grey image, by onnxruntime-node alone: the shape of every output. */
async function runPlainly(model, description) {
  const ort = await import("onnxruntime-node");
  const { input } = JSON.parse(readFileSync(description, "utf8"));
  const session = await ort.InferenceSession.create(model);
  const values = new Float32Array(input.shape.reduce((a, b) => a * b, 1)).fill(0.5);
  const outputs = await session.run({ image: new ort.Tensor("float32", values, input.shape) });
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { dims }]) => [name, [...dims]]));
}

/** The command line as a process, its output on the screen and returned. */
function runProcess(words) {
  const { status, stdout } = spawnSync(process.execPath, ["dist/cli/main.js", ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`taskloom ${words.join(" ")} ended with exit code ${status}`);
  if (!words.includes("--json")) process.stdout.write(stdout);
  return stdout;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = { masks: { type: "string" }, depth: { type: "string" }, out: { type: "string" } };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const folder = resolve(values.out ?? "first-hour");
  mkdirSync(folder, { recursive: true });
  const rooms = (name) => join(folder, "rooms", "train", name);
  if (positionals.length === 0 && !existsSync(rooms("image"))) {
    const size = ["--train", "60", "--val", "0", "--test", "0", "--size", "96x128"];
    runProcess(["data", "synth", "--out", join(folder, "rooms"), "--world", "rooms", ...size]);
  }
  const own = { photos: positionals[0], masks: values.masks, depth: values.depth };
  const drawn = { photos: rooms("image"), masks: rooms("segmentation"), depth: rooms("depth") };
  await playFirstHour({
    ...(positionals.length > 0 ? own : drawn),
    folder,
    run: runProcess,
    say: console.log,
  });
}
