import { describe, expect, it } from "vitest";
import { Progress, type ProgressOptions } from "../../src/cli/progress.js";
import { displayWidth } from "../../src/report/table.js";

/** A progress display over a clock and a stream of the test's own. */
function display(options: Partial<ProgressOptions> & { isTTY?: boolean; columns?: number } = {}) {
  const { isTTY = false, columns = 100, ...rest } = options;
  let written = "";
  let time = 0;
  const stream = {
    isTTY,
    columns,
    write: (text: string) => {
      written += text;
    },
  };
  const progress = new Progress({ total: 1000, stream, now: () => time, colour: false, ...rest });
  return {
    progress,
    advance: (seconds: number) => {
      time += seconds * 1000;
    },
    /** What was written since the last call, with `<` for each return to a cleared line. */
    take: () => {
      const text = written.replaceAll("\r\u001b[2K", "<");
      written = "";
      return text;
    },
  };
}

describe("elsewhere than on a terminal", () => {
  it("prints a whole line every few seconds, and the last one", () => {
    const { progress, advance, take } = display();
    for (let step = 1; step <= 1000; step++) {
      advance(0.1);
      progress.update({ step, losses: { total: 1.23456, depth: 0.5 }, images: 4 });
    }
    progress.finish();
    const lines = take().split("\n");
    expect(lines[0]).toBe("step 100/1000  total 1.235, depth 0.5  40 images/s  1m 30s left");
    expect(lines).toHaveLength(11);
    expect(lines.slice(-2)).toEqual(["step 1000/1000  total 1.235, depth 0.5  40 images/s", ""]);
    expect(lines.join("")).not.toContain("<");
  });

  it("passes messages on as they are", () => {
    const { progress, take } = display();
    progress.print("saved");
    expect(take()).toBe("saved\n");
  });
});

describe("on a terminal", () => {
  it("redraws one line, not more than ten times a second", () => {
    const { progress, advance, take } = display({ isTTY: true });
    for (let step = 1; step <= 500; step++) {
      advance(0.01);
      progress.update({ step, losses: { total: 0.25 }, images: 1 });
    }
    const draws = take().split("<").slice(1);
    expect(draws.length).toBeLessThanOrEqual(51);
    expect(draws.at(-1)).toMatch(/^━{12}─{12} step 49\d\/1000 {2}total 0.25 {2}100 images\/s {2}5s left$/);
    progress.finish();
    expect(take()).toMatch(/^<━{12}─{12} step 500\/1000 .*\n$/);
  });

  it("prints messages above the live line", () => {
    const { progress, advance, take } = display({ isTTY: true });
    progress.print("first");
    expect(take()).toBe("<first\n");
    advance(1);
    progress.update({ step: 1 });
    take();
    progress.print("saved");
    expect(take()).toMatch(/^<saved\n<─+ step 1\/1000 {2}16m 39s left$/);
  });

  it.each([20, 40, 80, 200])("stays on one line of %d columns", (columns) => {
    const { progress, advance, take } = display({ isTTY: true, columns });
    advance(1);
    progress.update({ step: 10, losses: { segmentation: 1, depth: 2, normals: 3 }, images: 4 });
    const text = take().replace("<", "");
    expect(displayWidth(text)).toBeLessThan(columns);
    expect(text.includes("━") || text.includes("─")).toBe(columns === 200);
    expect(text.endsWith("…")).toBe(columns < 80);
  });
});

describe("the time left", () => {
  it("counts from where a resumed run began", () => {
    const { progress, advance, take } = display({ done: 900 });
    advance(10);
    progress.update({ step: 910 });
    expect(take()).toBe("step 910/1000  1m 30s left\n");
  });

  it("forgets a slow beginning", () => {
    const { progress, advance, take } = display();
    advance(100);
    progress.update({ step: 1 });
    for (let step = 2; step <= 600; step++) {
      advance(0.1);
      progress.update({ step });
    }
    const [, step, left] = /step (\d+)\/1000 {2}(\d+)s left$/.exec(take().trim())!;
    expect(Number(left)).toBe(Math.round((1000 - Number(step)) / 10));
  });
});
