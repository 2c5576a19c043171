/** @file Progress of a long command: one live line on a terminal, a plain line now and then elsewhere. */
import { createColors } from "picocolors";
import { fittedLine, type ProgressLine, plainLine } from "./progress-line.js";

/** Where progress goes; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  readonly stream?: ProgressStream;
  /** Seconds between plain lines; default 10. */
  readonly everySeconds?: number;
  /** Milliseconds of a steady clock. */
  readonly now?: () => number;
  readonly colour?: boolean;
}

const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[2K";

export const steadyClock = (): number => performance.now();

/** Shows lines of progress, not more often than one can read, and messages between them. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #live: boolean;
  readonly #pause: number;
  readonly #colours: ReturnType<typeof createColors>;
  readonly #now: () => number;
  #shownAt: number;
  #ended = false;
  #line: ProgressLine | undefined;

  constructor({
    stream = process.stderr,
    everySeconds = 10,
    now = steadyClock,
    colour,
  }: ProgressOptions = {}) {
    this.#stream = stream;
    this.#live = stream.isTTY === true && process.env.TERM !== "dumb";
    this.#pause = this.#live ? REDRAW_MS : 1000 * everySeconds;
    this.#colours = createColors(colour ?? (this.#live && !process.env.NO_COLOR));
    this.#now = now;
    this.#shownAt = this.#live ? Number.NEGATIVE_INFINITY : now();
  }

  /** Shows a line where the last one has stood for a while, or where it is the end. */
  show(line: ProgressLine): void {
    this.#line = line;
    const ends = line.done >= line.total && !this.#ended;
    this.#ended ||= ends;
    const time = this.#now();
    if (time - this.#shownAt < this.#pause && !ends) return;
    this.#shownAt = time;
    if (this.#live) this.#draw(line);
    else this.#stream.write(`${plainLine(line)}\n`);
  }

  /** Prints a line of its own, above the live one. */
  print(text: string): void {
    this.#stream.write(`${this.#live ? CLEAR_LINE : ""}${text}\n`);
    if (this.#live && this.#line !== undefined) this.#draw(this.#line);
  }

  /** Ends the live line, so that whatever comes next begins on a new one. */
  finish(): void {
    if (this.#live && this.#line !== undefined) {
      this.#draw(this.#line);
      this.#stream.write("\n");
    }
    this.#line = undefined;
  }

  #draw(line: ProgressLine): void {
    // A line as wide as the terminal would wrap, and the next redraw would leave its first half behind.
    const room = (this.#stream.columns ?? 80) - 1;
    this.#stream.write(`${CLEAR_LINE}${fittedLine(line, room, this.#colours)}`);
  }
}
