/**
 * @file A data set at a glance: its images with their labels laid over them, the worst first, in one HTML
 * file.
 */
import { hashString } from "../common/random.js";
import type { DatasetReport, FileProblem } from "../data/inspect.js";
import type { Sample } from "../data/types.js";
import { taskKind } from "../tasks/index.js";
import type { LabelMap, Picture, TaskSpec } from "../tasks/task.js";
import { Html, html } from "./html.js";
import { PAGE_STYLE } from "./page-style.js";
import { encodePicture, pictureOfImage } from "./pictures.js";

/** Forbids every request, so that the page cannot reach the network whatever is inserted. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
/** Longest side of a picture, pixels. */
const SIDE = 160;
/** Share of the label's colour where it lies over the image. */
const OPACITY = 0.6;

const STYLE = `${PAGE_STYLE}
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 14px; padding: 0; list-style: none; }
.sheet li { border: 1px solid var(--rule); border-radius: 8px; padding: 10px; overflow-wrap: anywhere; }
.sheet li.bad { border-color: var(--down); }
.sheet div { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; }
.sheet figcaption { font-size: 12px; color: var(--soft); }
.sheet p { margin: 4px 0 0; color: var(--down); font-size: 13px; }`;

/** One image with its pictures. */
interface Tile {
  readonly split: string;
  readonly id: string;
  readonly size: string;
  readonly problems: readonly FileProblem[];
  readonly pictures: readonly { readonly title: string; readonly picture: Picture }[];
  /** The higher, the worse. */
  readonly rank: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of a picture that is made no larger than `SIDE`. */
function smallSize({ width, height }: Size): Size {
  const factor = Math.min(1, SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/** Pixels of a map [channels, height, width] that lie in the middle of the cells of a smaller one. */
function picked<A extends Float32Array | Uint8Array>(data: A, channels: number, from: Size, to: Size): A {
  const out = new (data.constructor as new (length: number) => A)(channels * to.width * to.height);
  for (let y = 0, target = 0; y < to.height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height);
    for (let x = 0; x < to.width; x++, target++) {
      const source = row * from.width + Math.floor(((x + 0.5) * from.width) / to.width);
      for (let c = 0; c < channels; c++) {
        out[c * to.width * to.height + target] = data[c * from.width * from.height + source];
      }
    }
  }
  return out;
}

/** The label's colours over the image; where the label is invalid, the image in grey and darker. */
function overlay(image: Picture, label: LabelMap, spec: TaskSpec): Picture {
  const size = { width: image.width, height: image.height };
  const small: LabelMap = {
    ...size,
    channels: label.channels,
    data: picked(label.data, label.channels, label, size),
    valid: picked(label.valid, 1, label, size),
  };
  const colours = taskKind(spec.kind).drawing.label(small, spec).data;
  const data = new Uint8Array(image.data.length);
  for (let pixel = 0; pixel < small.valid.length; pixel++) {
    const [r, g, b] = image.data.subarray(3 * pixel, 3 * pixel + 3);
    const grey = 0.3 * (0.299 * r + 0.587 * g + 0.114 * b);
    for (let i = 3 * pixel; i < 3 * pixel + 3; i++) {
      const over = OPACITY * colours[i] + (1 - OPACITY) * image.data[i];
      data[i] = Math.round(small.valid[pixel] === 1 ? over : grey);
    }
  }
  return { ...size, data };
}

/** Problems count most, then missing pixels; labels that are not there count nothing. */
function rankOf(sample: Sample, problems: readonly FileProblem[]): number {
  const labels = Object.values(sample.labels);
  const invalid = labels.map(({ valid }) => 1 - valid.reduce((sum, one) => sum + one, 0) / valid.length);
  return problems.length + Math.max(0, ...invalid);
}

/** Gathers the worst images of a data set, `limit` of them, while it is inspected. */
export class ContactSheet {
  readonly #tasks: Readonly<Record<string, TaskSpec>>;
  readonly #limit: number;
  #tiles: Tile[] = [];
  #seen = 0;

  constructor(tasks: Readonly<Record<string, TaskSpec>>, limit = 120) {
    this.#tasks = tasks;
    this.#limit = limit;
  }

  /** Takes an image in; it stays where no more than `limit` are worse. */
  add(split: string, sample: Sample, problems: readonly FileProblem[]): void {
    this.#seen++;
    const rank = rankOf(sample, problems);
    const full = this.#tiles.length >= this.#limit;
    const last = this.#tiles[this.#tiles.length - 1];
    if (full && compare({ rank, split, id: sample.id }, last) >= 0) return;
    this.#tiles.push(this.#tile(split, sample, problems, rank));
    this.#tiles.sort(compare);
    this.#tiles.length = Math.min(this.#tiles.length, this.#limit);
  }

  #tile(split: string, sample: Sample, problems: readonly FileProblem[], rank: number): Tile {
    const size = smallSize(sample);
    const image = pictureOfImage(picked(sample.image, 3, sample, size), size.width, size.height);
    const labels = Object.entries(sample.labels).map(([title, label]) => ({
      title,
      picture: overlay(image, label, this.#tasks[title]),
    }));
    const pictures = [{ title: "image", picture: image }, ...labels];
    return { split, id: sample.id, size: `${sample.width}x${sample.height}`, problems, pictures, rank };
  }

  /** The page as text. Names may hold anything: they are escaped. */
  page(report: DatasetReport): string {
    const shown = this.#tiles.length;
    const note = shown < this.#seen ? `the ${shown} worst of ${this.#seen} images` : `${shown} images`;
    const causes = report.causes.map(({ severity, message }) => html`<li>${severity}: ${message}</li>`);
    const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${report.name}</title><style>${new Html(STYLE)}</style></head>
<body><main><header><h1>${report.name}</h1><p>${report.format} at ${report.path}</p></header>
${causes.length > 0 && html`<section><h2>What is wrong</h2><ul class="notes">${causes}</ul></section>`}
<section><h2>Images <small>${note}, the worst first</small></h2><ul class="sheet">${this.#tiles.map(tileHtml)}</ul></section>
</main></body></html>
`;
    return page.text;
  }
}

/**
 * Worst first; among equals in an order that has nothing to do with names, so that they are a fair sample.
 */
function compare(a: Pick<Tile, "rank" | "split" | "id">, b: Pick<Tile, "rank" | "split" | "id">): number {
  const place = ({ split, id }: Pick<Tile, "split" | "id">) => hashString(`${split}/${id}`);
  return b.rank - a.rank || place(a) - place(b);
}

function tileHtml({ split, id, size, problems, pictures }: Tile): Html {
  const figures = pictures.map(({ title, picture }) => {
    const source = `data:image/png;base64,${Buffer.from(encodePicture(picture)).toString("base64")}`;
    return html`<figure><img src="${source}" alt="${`${title} of ${split}/${id}`}"><figcaption>${title}</figcaption></figure>`;
  });
  const said = problems.map(({ message }) => html`<p>${message}</p>`);
  return html`<li class="${problems.length > 0 ? "bad" : "sound"}"><strong>${split}/${id}</strong> <small>${size}</small><div>${figures}</div>${said}</li>\n`;
}
