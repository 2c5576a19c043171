// The exported model in the page: opened, fed with what a canvas shows, its outputs as plain arrays.

/** Opens `model.onnx` and `model.json` below `folder`, by the ONNX Runtime of an engine of `taskloom/web`. */
export async function openModel(ort, provider, folder) {
  const about = await (await fetch(`${folder}model.json`)).json();
  const bytes = new Uint8Array(await (await fetch(`${folder}model.onnx`)).arrayBuffer());
  const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider] });
  return {
    about,
    async run(image) {
      const outputs = await session.run({ image: new ort.Tensor("float32", image, about.input.shape) });
      const read = async (name) => ({ dims: outputs[name].dims, data: await outputs[name].getData() });
      const names = Object.keys(outputs);
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));
    },
  };
}

/**
 * Where a picture lies in the model's, in shares of its width and height: all of it where pictures are
 * stretched, the middle where they are letterboxed, beyond it where the model sees a part at their own size.
 */
export function placeOf({ width, height }, { shape: [, , rows, columns], resize }) {
  if (resize !== "letterbox" && resize !== "crop") return { left: 0, top: 0, width: 1, height: 1 };
  const scale = resize === "crop" ? 1 : Math.min(columns / width, rows / height);
  const [w, h] = [Math.round(scale * width), Math.round(scale * height)];
  const [left, top] = [Math.floor((columns - w) / 2), Math.floor((rows - h) / 2)];
  return { left: left / columns, top: top / rows, width: w / columns, height: h / rows };
}

/** Planes of red, green and blue in [0, 1] of a picture at its place, grey around. */
export function planesOf(source, { left, top, width, height }, { shape: [, , rows, columns] }) {
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "rgb(114 114 114)";
  context.fillRect(0, 0, columns, rows);
  context.drawImage(source, left * columns, top * rows, width * columns, height * rows);
  const { data } = context.getImageData(0, 0, columns, rows);
  const area = rows * columns;
  return Float32Array.from({ length: 3 * area }, (_, i) => data[4 * (i % area) + Math.floor(i / area)] / 255);
}
