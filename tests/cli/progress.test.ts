import { describe, expect, it } from "vitest";
import { imagesProgress } from "../../src/cli/images-progress.js";
import { Progress } from "../../src/cli/progress.js";
import { screen } from "./screen.js";

const line = (done: number) => ({ unit: "step", done, total: 1000, imagesPerSecond: 40, secondsLeft: 90 });

describe("elsewhere than on a terminal", () => {
  it("prints a whole line every few seconds, and the last one, without control characters", () => {
    const { options, advance, take } = screen();
    const progress = new Progress(options);
    for (let step = 1; step <= 1000; step++) {
      advance(0.1);
      progress.show(line(step));
    }
    progress.show(line(1000));
    progress.finish();
    const text = take();
    const lines = text.split("\n");
    expect(lines[0]).toBe("10%  step 100/1000  40 images/s  1m 30s left");
    expect(lines).toHaveLength(11);
    expect(lines.slice(-2)).toEqual(["100%  step 1000/1000  40 images/s", ""]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f<]/);
  });

  it("passes messages on as they are", () => {
    const { options, take } = screen();
    new Progress(options).print("saved");
    expect(take()).toBe("saved\n");
  });
});

describe("on a terminal", () => {
  it("redraws one line, not more than ten times a second", () => {
    const { options, advance, take } = screen({ isTTY: true });
    const progress = new Progress(options);
    for (let step = 1; step <= 500; step++) {
      advance(0.01);
      progress.show(line(step));
    }
    const draws = take().split("<").slice(1);
    expect(draws.length).toBeLessThanOrEqual(51);
    expect(draws.at(-1)).toMatch(/^━{5}─{7} {2}49% {2}step 49\d\/1000 {2}40 images\/s {2}1m 30s left$/);
    progress.finish();
    expect(take()).toMatch(/^<━{6}─{6} {2}50% {2}step 500\/1000 .*\n$/);
  });

  it("prints messages above the live line", () => {
    const { options, advance, take } = screen({ isTTY: true });
    const progress = new Progress(options);
    progress.print("first");
    expect(take()).toBe("<first\n");
    advance(1);
    progress.show(line(1));
    take();
    progress.print("saved");
    expect(take()).toMatch(/^<saved\n<─+ {3}0% {2}step 1\/1000 /);
  });
});

it("images are counted, with the time left once it is known", () => {
  const { options, advance, take } = screen({ isTTY: true, columns: 80 });
  const { onProgress, finish } = imagesProgress(options);
  for (const done of [0, 4, 8, 10]) {
    onProgress(done, 10);
    advance(2);
  }
  finish();
  expect(take().split("<").slice(1)).toEqual([
    "────────────   0%  image 0/10  ? images/s  ? left",
    "━━━━────────  40%  image 4/10  ? images/s  ? left",
    "━━━━━━━━━───  80%  image 8/10  2 images/s  1s left",
    "━━━━━━━━━━━━ 100%  image 10/10  1.5 images/s",
    "━━━━━━━━━━━━ 100%  image 10/10  1.5 images/s\n",
  ]);
});
