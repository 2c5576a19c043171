/** @file Progress of a long command: one live line on a terminal, a plain line now and then elsewhere. */
import { createColors } from "picocolors";
import { formatNumber, formatSeconds } from "../report/numbers.js";
import { displayWidth } from "../report/table.js";

/** Where progress goes; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  /** Steps to be done in all. */
  readonly total: number;
  /** Steps done before, in a resumed run. */
  readonly done?: number;
  readonly stream?: ProgressStream;
  /** Seconds between plain lines; default 10. */
  readonly everySeconds?: number;
  /** Milliseconds of a steady clock. */
  readonly now?: () => number;
  readonly colour?: boolean;
}

export interface ProgressUpdate {
  /** Steps done. */
  readonly step: number;
  readonly losses?: Readonly<Record<string, number | null>>;
  /** Images handled since the last update. */
  readonly images?: number;
}

const REDRAW_MS = 100;
const BAR_CELLS = 24;
/**
 * Speed is that of the last seconds: what was slow at the start, or before a break, soon no longer counts.
 */
const WINDOW_MS = 20_000;
const CLEAR_LINE = "\r\u001b[2K";

/** Shows steps, losses, images per second and the time left. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #stream: ProgressStream;
  readonly #live: boolean;
  readonly #colours: ReturnType<typeof createColors>;
  readonly #now: () => number;
  #marks: { time: number; step: number; images: number }[];
  #images = 0;
  #shownAt: number;
  #current: ProgressUpdate | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#stream = options.stream ?? process.stderr;
    this.#live = this.#stream.isTTY === true && process.env.TERM !== "dumb";
    this.#colours = createColors(options.colour ?? (this.#live && !process.env.NO_COLOR));
    this.#now = options.now ?? (() => performance.now());
    this.#shownAt = this.#live ? Number.NEGATIVE_INFINITY : this.#now();
    this.#marks = [{ time: this.#now(), step: options.done ?? 0, images: 0 }];
  }

  update(update: ProgressUpdate): void {
    const time = this.#now();
    this.#current = update;
    this.#images += update.images ?? 0;
    const last = this.#marks[this.#marks.length - 1];
    // One mark a second is enough, whatever the number of steps.
    if (time - last.time >= 1000 || this.#marks.length === 1) {
      this.#marks.push({ time, step: update.step, images: this.#images });
      while (this.#marks.length > 2 && time - this.#marks[1].time > WINDOW_MS) this.#marks.shift();
    }
    const pause = this.#live ? REDRAW_MS : 1000 * (this.#options.everySeconds ?? 10);
    if (time - this.#shownAt < pause && update.step < this.#options.total) return;
    this.#shownAt = time;
    if (this.#live) this.#draw();
    else this.#stream.write(`${this.#text(update, time)}\n`);
  }

  /** Prints a line of its own, above the live one. */
  print(text: string): void {
    this.#stream.write(`${this.#live ? CLEAR_LINE : ""}${text}\n`);
    if (this.#live && this.#current !== undefined) this.#draw();
  }

  /** Ends the live line, so that whatever comes next begins on a new one. */
  finish(): void {
    if (this.#live && this.#current !== undefined) {
      this.#draw();
      this.#stream.write("\n");
    }
    this.#current = undefined;
  }

  #draw(): void {
    const update = this.#current!;
    const share = Math.min(1, update.step / Math.max(1, this.#options.total));
    const full = Math.round(share * BAR_CELLS);
    const { cyan, dim } = this.#colours;
    const bar = `${cyan("━".repeat(full))}${dim("─".repeat(BAR_CELLS - full))} `;
    // A line as wide as the terminal would wrap, and the next redraw would leave its first half behind.
    const room = (this.#stream.columns ?? 80) - 1;
    const text = this.#text(update, this.#now());
    const withBar = room - displayWidth(text) > BAR_CELLS;
    this.#stream.write(`${CLEAR_LINE}${withBar ? bar : ""}${cut(text, room)}`);
  }

  #text({ step, losses = {} }: ProgressUpdate, time: number): string {
    const { total } = this.#options;
    const first = this.#marks[0];
    const seconds = (time - first.time) / 1000;
    const terms = Object.entries(losses).map(
      ([name, value]) => `${name} ${value === null ? "-" : formatNumber(value)}`,
    );
    const speed =
      this.#images > 0 && seconds > 0
        ? `${formatNumber(round((this.#images - first.images) / seconds))} images/s`
        : "";
    const left =
      step < total && step > first.step
        ? `${formatSeconds((seconds / (step - first.step)) * (total - step))} left`
        : "";
    return [`step ${step}/${total}`, terms.join(", "), speed, left].filter((part) => part !== "").join("  ");
  }
}

/** Three digits: more would flicker. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}

function cut(text: string, room: number): string {
  return displayWidth(text) <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
}
