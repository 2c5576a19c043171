/** @file The card of an exported model, in Markdown: how to feed it and what it gives, for people. */
import type { ImageInput, ModelDescription } from "./model-description.js";

/** The first line of a card, by which it is known again. */
export const CARD_MARK = "<!-- taskloom model card -->";

/** The card of a model, in Markdown. `notes` are lines of their own section, e.g. of parity. */
export function modelCard(description: ModelDescription, notes: readonly string[] = []): string {
  const { file, input, outputs, features, opset, precision, trained } = description;
  const evaluated = Object.entries(trained.evaluation?.metrics ?? {}).flatMap(([task, metrics]) =>
    Object.entries(metrics).map(([metric, value]) => `| ${task} | ${metric} | ${number(value)} |`),
  );
  const lines = [
    CARD_MARK,
    `# ${file}`,
    "",
    `Predicts ${outputs.map(({ name }) => name).join(", ")}. Network \`${trained.model}\`, trained by \`${trained.method}\` with Taskloom` +
      `${trained.step === null ? "" : `, ${trained.step} steps`} (checkpoint ${trained.checkpoint}).` +
      ` ONNX operator set ${opset}, ${precision}.`,
    "",
    "## Input",
    "",
    ...inputLines(input),
    "",
    "## Outputs",
    "",
    "| output | kind | shape | type | values |",
    "| --- | --- | --- | --- | --- |",
    ...outputs.map(
      ({ name, kind, shape, dtype, values }) => `| ${name} | ${kind} | [${shape}] | ${dtype} | ${values} |`,
    ),
    ...(features ? [`| features | – | [${features}] | float32 | the last map that all heads read |`] : []),
    ...outputs.flatMap(({ name, classes }) =>
      classes === undefined
        ? []
        : ["", `Classes of ${name}: ${classes.map((each, i) => `${i} ${each}`).join(", ")}.`],
    ),
    ...(evaluated.length === 0
      ? []
      : [
          "",
          `## Measured on the split ${trained.evaluation!.split}`,
          "",
          "At the size of training, before export.",
          "",
          "| task | metric | value |",
          "| --- | --- | --- |",
          ...evaluated,
        ]),
    ...(notes.length === 0 ? [] : ["", "## Checked", "", ...notes.map((note) => `- ${note}`)]),
    "",
    "## Use",
    "",
    "```python",
    ...useLines(file, input),
    "```",
  ];
  return `${lines.join("\n")}\n`;
}

function inputLines(input: ModelDescription["input"]): string[] {
  const { name, dtype, shape, frames } = input;
  const head = `\`${name}\`, ${dtype} [${shape}]:`;
  if (input.name === "pillars") {
    const { grid, pillars, points, step } = input.plan;
    const [x, y, z] = [grid.x, grid.y, grid.z].map((extent) => extent.join(" to "));
    return [
      `${head} the pillars of ${frames} sweep${frames === 1 ? "" : `s, each ${step} before the one before it`}.`,
      `Cells of ${grid.cell} m, x ${x} m (forward), y ${y} m (left), z ${z} m (up); up to ${pillars} pillars a sweep, ${points} points a pillar.`,
      `Channels: ${input.channels.join(", ")}. Rows of the map from the largest x down, columns from the largest y.`,
    ];
  }
  return [
    `${head} RGB planes, 8-bit values / 255, no further normalisation. ${sizeLine(input)}`,
    ...(frames > 1 ? [`${frames} frames that follow one another stand together, the earliest first.`] : []),
  ];
}

function sizeLine({ shape: [, , height, width], multiplesOf, resize, padding = [] }: ImageInput): string {
  const size = `${height} x ${width} (height x width)`;
  const made = {
    squash: `Resize images to ${size}.`,
    letterbox: `Scale images to fit ${size}, keeping proportions; centre them, RGB ${padding.join(", ")} around; cut that off predictions.`,
    crop: `Take windows of ${size} of images at their own resolution; where an image is smaller, repeat its edge.`,
  }[resize];
  if (multiplesOf === undefined) return made;
  return `Any height and width that are multiples of ${multiplesOf}. Training: ${made}`;
}

/** How a photo becomes the input's size, in Pillow. */
function pillow({ shape: [, , height, width], resize, padding = [] }: ImageInput): string {
  const size = `(${width}, ${height})`;
  return {
    squash: `photo.resize(${size}, Image.BILINEAR)`,
    letterbox: `ImageOps.pad(photo, ${size}, Image.BILINEAR, (${padding.join(", ")}))`,
    crop: `photo.crop((0, 0, ${width}, ${height}))  # one window`,
  }[resize];
}

/** How to run the model, in Python. */
function useLines(file: string, input: ModelDescription["input"]): string[] {
  const { name, shape } = input;
  const run = `outputs = onnxruntime.InferenceSession("${file}").run(None, {"${name}": ${name}})`;
  if (input.name === "pillars") {
    return [
      "import numpy, onnxruntime",
      `pillars = numpy.zeros([${shape}], numpy.float32)  # filled from points`,
      run,
    ];
  }
  return [
    "import numpy, onnxruntime",
    `from PIL import Image${input.resize === "letterbox" ? ", ImageOps" : ""}`,
    `photo = Image.open("photo.jpg").convert("RGB")`,
    `photo = ${pillow(input)}`,
    `image = numpy.asarray(photo, numpy.float32).transpose(2, 0, 1)[None] / 255`,
    run,
  ];
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "none";
}
