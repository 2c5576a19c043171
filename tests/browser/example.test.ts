import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { encodeImage } from "../../src/data/files/raster.js";
import { exportFiles } from "../../src/training/export-files.js";
import { findRun, train } from "../../src/training/index.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
const LIMIT = 240_000;

/** Warm on the left, cold on the right, with noise. */
function halves(height: number, width: number) {
  const random = new Random(1, "halves");
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => {
    const [channel, x] = [Math.floor(i / (height * width)), i % width];
    return (x < width / 2 ? [0.85, 0.4, 0.1] : [0.1, 0.4, 0.85])[channel] + random.uniform(-0.1, 0.1);
  });
  return { height, width, data };
}

interface Served {
  readonly address: string;
  close(): void;
}

describe.skipIf(browserPath === undefined)("examples/browser in Chromium", () => {
  let folder: string;
  let served: Served;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-example-"));
    await writeTiny(join(folder, "data"), { train: 2 });
    // Features of a network that has learned nothing tell hardly anything apart.
    const set = ["steps=40", "optimizer.learningRate=0.003", "model.width=8", "labels={scenario: full}"];
    set.push("evaluation.split=null", "checkpoint.best=null");
    set.push("data={path: data, size: [32, 64], resize: letterbox}");
    await train({ config: tinyConfig(folder, ...set), folder: join(folder, "run") });
    await exportFiles(findRun(join(folder, "run")), { out: join(folder, "model.onnx"), features: true });
    writeFileSync(join(folder, "photo.png"), encodeImage(halves(96, 128)));
    const script = "../../examples/browser/serve.mjs";
    const { serve } = (await import(script)) as { serve(model: string): Promise<Served> };
    served = await serve(join(folder, "model.onnx"));
    browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  }, LIMIT);
  afterAll(async () => {
    await browser?.close();
    served?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    "predicts a picture and learns two classes from strokes",
    async () => {
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(served.address);
      const says = (text: string, id = "status") =>
        page.waitForFunction(`document.getElementById("${id}").textContent.includes("${text}")`, null, {
          timeout: LIMIT,
        });
      await says("Ready: segmentation, depth, normals on wasm");
      await page.setInputFiles("#file", join(folder, "photo.png"));
      await says("photo.png: predicted in");
      const box = (await page.locator("#view").boundingBox())!;
      const stroke = async (index: number, x: number) => {
        await page.locator("#classes button").nth(index).click();
        await page.mouse.move(box.x + x * box.width, box.y + 0.2 * box.height);
        await page.mouse.down();
        await page.mouse.move(box.x + x * box.width, box.y + 0.8 * box.height, { steps: 12 });
        await page.mouse.up();
      };
      await stroke(0, 0.2);
      await stroke(1, 0.8);
      await page.click("#train");
      await says("Trained for 60 steps", "told");
      const loss = Number(/loss (\d+\.\d+)/.exec((await page.textContent("#told"))!)![1]);
      // Two classes that nothing is known of cost log 2 = 0.69.
      expect(loss).toBeLessThan(0.3);
      expect(await page.inputValue("#shown")).toBe("own classes");
      const shots = process.env.TASKLOOM_SCREENSHOTS;
      for (const width of shots === undefined ? [] : [400, 1400]) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize({ width, height: 1000 });
          await page.emulateMedia({ colorScheme });
          await page.screenshot({
            path: join(shots!, `browser-${width}-${colorScheme}.png`),
            fullPage: true,
          });
        }
      }
      expect(problems).toEqual([]);
      await page.close();
    },
    LIMIT,
  );
});
