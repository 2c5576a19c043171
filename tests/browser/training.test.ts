import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { bundle } from "./bundle.js";
import { trainTiny } from "./tiny-step.js";

const STEPS = 3;
// Chromium's software GPU compiles shaders for minutes; the operators are tested on it one by one in
// tests/runtime.
const providers = process.env.TASKLOOM_BROWSER_WEBGPU === "1" ? ["wasm", "webgpu"] : ["wasm"];
const LIMIT = 600_000;
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
if (browserPath === undefined) {
  console.warn("browser training is skipped: no Chromium (Debian: apt-get install chromium)");
}

/** Serves the bundle, and under /ort/ the files of onnxruntime-web, as a page that may use shared memory. */
function serve(folder: string): Server {
  const ort = resolve("node_modules/onnxruntime-web/dist");
  return createServer(({ url = "/" }, response) => {
    const name = basename(url.split("?")[0]) || "index.html";
    const headers = {
      "Content-Type": TYPES[name.split(".").at(-1)!] ?? "application/octet-stream",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    };
    if (name === "index.html") {
      response.writeHead(200, headers).end('<!doctype html><script type="module" src="/page.js"></script>');
      return;
    }
    const path = join(url.startsWith("/ort/") ? ort : folder, name);
    if (existsSync(path)) response.writeHead(200, headers).end(readFileSync(path));
    else response.writeHead(404, headers).end();
  });
}

describe.skipIf(browserPath === undefined)("JTR in Chromium", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let inNode: Record<string, number>[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-page-"));
    await bundle({ page: "tests/browser/page.ts" }, folder);
    server = serve(folder);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    browser = await chromium.launch({
      executablePath: browserPath,
      args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    inNode = await trainTiny(await nodeEngine({ provider: "cpu", threads: 1 }), STEPS);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // A page each: a page loads one bundle of ONNX Runtime.
  it.each(providers)(
    "gives the losses of Node's CPU provider on %s",
    async (provider) => {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("'trainInPage' in globalThis && crossOriginIsolated");
      const inPage = (await page.evaluate(`trainInPage("${provider}", ${STEPS})`)) as Record<
        string,
        number
      >[];
      await page.close();
      expect(problems).toEqual([]);
      expect(inPage).toHaveLength(STEPS);
      inPage.forEach((losses, step) => {
        expect(Object.keys(losses)).toEqual(Object.keys(inNode[step]));
        for (const [name, value] of Object.entries(losses)) {
          const tolerance = 1e-4 * Math.max(1, Math.abs(inNode[step][name]));
          expect(Math.abs(value - inNode[step][name]), `${name} at step ${step}`).toBeLessThan(tolerance);
        }
      });
      expect(inPage[STEPS - 1].total).toBeLessThan(inPage[0].total);
    },
    LIMIT,
  );
});
