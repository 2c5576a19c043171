// The page: pictures and the camera, what the model makes of them, and strokes that a head is trained by.
import { webEngine } from "taskloom/web";
import { classColours, drawMap, legendOf } from "./draw.mjs";
import { createHead, wantedOf } from "./head.mjs";
import { openModel, placeOf, planesOf } from "./model.mjs";

const STEPS = 60;
/** Radius of a stroke, in shares of the picture's width. */
const BRUSH = 0.02;
/** Longest side of the picture as it is shown, pixels. */
const LONGEST = 1280;
const at = (id) => document.getElementById(id);
const view = at("view");
const say = (text) => {
  at("status").textContent = text;
};

/** Pictures with what the model made of them and the strokes on them. */
const pictures = [];
const classes = ["first", "second"];
let [current, brush, head, model, engine] = [0, 0];
/** Names the map of the head's classes among those that can be shown. */
const OWN = "own classes";
const colours = () => classColours(classes.length);

async function start() {
  const provider = "gpu" in navigator && (await navigator.gpu.requestAdapter()) !== null ? "webgpu" : "wasm";
  engine = await webEngine({ provider, wasmPaths: "/ort/" });
  model = await openModel(engine.ort, provider, "/model/");
  const names = model.about.outputs.map(({ name }) => name);
  at("shown").append(...[...names, OWN, "nothing"].map((name) => new Option(name)));
  say(`Ready: ${names.join(", ")} on ${provider}. Choose a picture.`);
}

/** Predicts a picture and shows it. */
async function take(source, name) {
  const started = performance.now();
  const { input } = model.about;
  const place = placeOf(source, input);
  const outputs = await model.run(planesOf(source, place, input));
  const picture = { source, name, place, outputs, own: null };
  const { features } = outputs;
  if (features !== undefined) {
    const [, , rows, columns] = features.dims;
    Object.assign(picture, { rows, columns, labels: new Int8Array(rows * columns).fill(-1) });
    if (head !== undefined) picture.own = await head.decide(features.data);
  }
  pictures.push(picture);
  at("pictures").append(new Option(name, String(pictures.length - 1)));
  at("pictures").value = String(pictures.length - 1);
  current = pictures.length - 1;
  say(`${name}: predicted in ${Math.round(performance.now() - started)} ms.`);
  show();
}

function show() {
  const picture = pictures[current];
  if (picture === undefined) return;
  const { source, place } = picture;
  const scale = Math.min(1, LONGEST / Math.max(source.width, source.height));
  [view.width, view.height] = [source.width, source.height].map((side) => Math.round(scale * side));
  const context = view.getContext("2d");
  context.drawImage(source, 0, 0, view.width, view.height);
  const over = (map) => {
    const { width, height } = map;
    const part = [place.left * width, place.top * height, place.width * width, place.height * height];
    context.drawImage(map, ...part, 0, 0, view.width, view.height);
  };
  context.globalAlpha = Number(at("strength").value);
  const shown = at("shown").value;
  const about = model.about.outputs.find(({ name }) => name === shown);
  const cells = (values) => {
    const { columns, rows } = picture;
    return drawMap({ kind: "classes", values, width: columns, height: rows, colours: colours() });
  };
  if (shown === OWN && picture.own !== null) over(cells(picture.own));
  if (about !== undefined) over(drawMap({ kind: "output", about, ...picture.outputs[shown] }));
  context.globalAlpha = 0.8;
  if (picture.labels !== undefined) over(cells(picture.labels));
  context.globalAlpha = 1;
  showLegend(shown === OWN ? legendOf({ classes }) : about && legendOf(about, picture.outputs[shown]));
}

/** What the colours over the picture mean. */
function showLegend(entries = []) {
  at("legend").replaceChildren(
    ...entries.map(({ colour, text }) => {
      const entry = document.createElement("span");
      if (colour !== undefined) entry.append(swatchOf(colour));
      entry.append(text);
      return entry;
    }),
  );
}

function swatchOf(colour) {
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.style.background = `rgb(${colour.join(" ")})`;
  return swatch;
}

function paint(event) {
  const picture = pictures[current];
  if (event.buttons !== 1 || picture?.labels === undefined) return;
  const { left, top, width, height } = view.getBoundingClientRect();
  const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
  const { rows, columns, labels, place } = picture;
  const radius = Math.max(BRUSH, 0.7 / (columns * place.width));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const across = ((c + 0.5) / columns - place.left) / place.width - x;
      const down = ((r + 0.5) / rows - place.top) / place.height - y;
      if (Math.hypot(across, (down * height) / width) < radius) labels[r * columns + c] = brush;
    }
  }
  const count = pictures.reduce(
    (sum, each) => sum + (each.labels?.filter((label) => label >= 0).length ?? 0),
    0,
  );
  at("told").textContent = `${count} places labelled.`;
  at("train").disabled = false;
  show();
}

async function train() {
  at("train").disabled = true;
  const labelled = pictures.filter(({ labels }) => labels?.some((label) => label >= 0));
  if (head?.classes !== classes.length) {
    await head?.release();
    head = await createHead(engine, labelled[0].outputs.features, classes.length);
  }
  let loss = Number.NaN;
  for (let step = 0; step < STEPS; step++) {
    const { outputs, labels } = labelled[step % labelled.length];
    loss = await head.learn({ features: outputs.features.data, wanted: wantedOf(labels, classes.length) });
    if (step % 10 === 9) at("told").textContent = `step ${step + 1} of ${STEPS}, loss ${loss.toFixed(3)}`;
  }
  for (const picture of pictures) picture.own = await head.decide(picture.outputs.features.data);
  at("told").textContent = `Trained for ${STEPS} steps, loss ${loss.toFixed(3)}.`;
  at("shown").value = OWN;
  at("train").disabled = false;
  show();
}

function showClasses() {
  const buttons = classes.map((name, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(swatchOf(colours()[i]), name);
    button.setAttribute("aria-pressed", String(i === brush));
    button.onclick = () => {
      brush = i;
      showClasses();
    };
    return button;
  });
  at("classes").replaceChildren(...buttons);
}

async function snap() {
  const video = at("video");
  if (video.srcObject === null) video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  await take(await createImageBitmap(video), `camera ${pictures.length + 1}`);
}

const telling = (action) => (event) =>
  Promise.resolve(action(event)).catch((error) => say(`That did not work: ${error.message}`));
at("file").onchange = telling(async ({ target }) => {
  for (const file of target.files) await take(await createImageBitmap(file), file.name);
});
at("camera").onclick = telling(snap);
at("train").onclick = telling(train);
at("add").onclick = telling(() => {
  const name = at("name").value.trim();
  if (name !== "") classes.push(name);
  at("name").value = "";
  showClasses();
});
at("clear").onclick = telling(() => {
  for (const { labels } of pictures) labels?.fill(-1);
  at("told").textContent = "No strokes yet.";
  show();
});
at("pictures").onchange = ({ target }) => {
  current = Number(target.value);
  show();
};
for (const id of ["shown", "strength"]) at(id).oninput = show;
for (const kind of ["pointerdown", "pointermove"]) view.addEventListener(kind, paint);
showClasses();
await telling(start)();
