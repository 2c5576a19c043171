/** @file Progress of a command that goes through images, e.g. `evaluate`. */
import { Pace } from "./pace.js";
import { Progress, type ProgressOptions, steadyClock } from "./progress.js";

export interface ImagesProgress {
  /** Called with 0 at the start, then whenever some more are done. */
  readonly onProgress: (done: number, total: number) => void;
  /** Prints a line of its own. */
  readonly print: (text: string) => void;
  /** Ends the live line. */
  readonly finish: () => void;
}

/** Images done, images a second and the time left, on stderr. */
export function imagesProgress(options: ProgressOptions = {}): ImagesProgress {
  const display = new Progress(options);
  const pace = new Pace(options.now ?? steadyClock);
  let before = 0;
  return {
    onProgress(done, total) {
      if (done > 0) pace.mark(done, done - before);
      before = done;
      const { speed } = pace;
      display.show({
        unit: "image",
        done,
        total,
        imagesPerSecond: speed?.imagesPerSecond ?? null,
        secondsLeft: speed === null ? null : (total - done) / speed.perSecond,
      });
    },
    print: (text) => display.print(text),
    finish: () => display.finish(),
  };
}
