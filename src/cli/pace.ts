/** @file How fast something goes, by its last seconds. */

interface Mark {
  /** Milliseconds at work. */
  readonly time: number;
  readonly done: number;
  readonly images: number;
}

interface Speed {
  readonly perSecond: number;
  readonly imagesPerSecond: number;
}

/** What was slow at the start, or before a break, soon no longer counts. */
const WINDOW_MS = 20_000;
/** One mark a second is enough, whatever the number of steps. */
const BETWEEN_MS = 1000;

/**
 * The speed of a row of steps. The first one is not counted: it waits for what is compiled, allocated and
 * read for the first time.
 */
export class Pace {
  readonly #now: () => number;
  /** Milliseconds that were spent on something else. */
  #elsewhere = 0;
  #marks: Mark[] = [];
  #last: Mark | undefined;
  #images = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Tells that `done` are done by now, the last of them with so many images. */
  mark(done: number, images: number): void {
    this.#images += images;
    const mark = { time: this.#now() - this.#elsewhere, done, images: this.#images };
    this.#last = mark;
    const before = this.#marks.at(-1);
    if (before !== undefined && mark.time - before.time < BETWEEN_MS) return;
    this.#marks.push(mark);
    while (this.#marks.length > 2 && mark.time - this.#marks[1].time > WINDOW_MS) this.#marks.shift();
  }

  /** Tells that so much of the time since the last mark was spent on something else. */
  leaveOut(milliseconds: number): void {
    this.#elsewhere += milliseconds;
  }

  /** Null where it is not known yet. */
  get speed(): Speed | null {
    const [first] = this.#marks;
    const last = this.#last;
    if (last === undefined || last.done === first.done || last.time <= first.time) return null;
    const seconds = (last.time - first.time) / 1000;
    return {
      perSecond: (last.done - first.done) / seconds,
      imagesPerSecond: (last.images - first.images) / seconds,
    };
  }
}
