/** @file The programs of docs/deploy.md, run as they stand. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, resolve } from "node:path";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { expect, it, onTestFinished } from "vitest";
import { scratchFolder } from "../helpers/folder.js";
import { pointwiseBytes, waves } from "../helpers/pointwise.js";
import { blocksOf } from "./blocks.js";

const PYTHON = process.env.TASKLOOM_PYTHON ?? "python3";
const hasPython = spawnSync(PYTHON, ["-c", "import onnxruntime, PIL"]).status === 0;
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
const program = (title: string) => blocksOf("docs/deploy.md").find((block) => block.title === title)!.text;

/** A folder with a model, what says what it is, a photo and one of the programs. */
async function project(title: string): Promise<string> {
  const folder = scratchFolder();
  writeFileSync(join(folder, "model.onnx"), pointwiseBytes());
  const outputs = ["segmentation", "depth", "normals"].map((name) => ({ name, values: `what ${name} is` }));
  const input = { shape: [1, 3, 16, 24], resize: "letterbox" };
  writeFileSync(join(folder, "model.json"), JSON.stringify({ input, outputs }));
  const { width, height, data } = { width: 40, height: 30, data: waves(30, 40).data };
  const pixels = Uint8Array.from(
    { length: data.length },
    (_, i) => 255 * data[(i % 3) * width * height + Math.floor(i / 3)],
  );
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toFile(join(folder, "photo.jpg"));
  writeFileSync(join(folder, title), program(title));
  return folder;
}

it("runs in Node", async () => {
  const folder = await project("use.mjs");
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const { stdout, stderr } = spawnSync(process.execPath, ["use.mjs"], { cwd: folder, encoding: "utf8" });
  expect(stdout, stderr).toContain("depth [ 1, 1, 16, 24 ] what depth is");
});

it.skipIf(!hasPython)("runs in Python", async () => {
  const folder = await project("use.py");
  const { stdout, stderr } = spawnSync(PYTHON, ["use.py"], { cwd: folder, encoding: "utf8" });
  expect(stdout, stderr).toContain("normals [1, 3, 16, 24] what normals is");
});

it.skipIf(browserPath === undefined)(
  "runs in a page",
  async () => {
    const folder = await project("use.html");
    cpSync(
      "node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
      join(folder, "ort.wasm.bundle.min.mjs"),
    );
    const ort = resolve("node_modules/onnxruntime-web/dist");
    const types: Record<string, string> = {
      html: "text/html",
      mjs: "text/javascript",
      wasm: "application/wasm",
    };
    const server = createServer(({ url = "/" }, response) => {
      const name = basename(url.split("?")[0]);
      const file = [join(folder, name), join(ort, name)].find(existsSync);
      if (file === undefined) return void response.writeHead(404).end();
      const type = types[name.split(".").at(-1)!] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type }).end(readFileSync(file));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    onTestFinished(async () => {
      await browser.close();
      server.close();
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/use.html`);
    await page.waitForFunction("document.title.includes('depth')", null, { timeout: 120_000 });
    expect(await page.title()).toBe("segmentation 1,5,16,24; depth 1,1,16,24; normals 1,3,16,24");
  },
  240_000,
);
