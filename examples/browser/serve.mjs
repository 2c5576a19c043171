// Bundles the page and serves it with a model: node examples/browser/serve.mjs MODEL.onnx [PORT]
// The model is one that `taskloom export RUN --out MODEL.onnx --features` wrote; without `features` the page
// predicts, and trains no head. The page is cross-origin isolated, so that wasm may use several threads.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsdown";

const here = dirname(fileURLToPath(import.meta.url));
const TYPES = {
  html: "text/html",
  js: "text/javascript",
  mjs: "text/javascript",
  json: "application/json",
  wasm: "application/wasm",
};

/** The page's script in one file, with all that it imports. */
async function bundle(folder) {
  await build({
    ...{
      config: false,
      entry: { app: join(here, "app.mjs") },
      outDir: folder,
      platform: "browser",
      format: "esm",
    },
    ...{ target: "es2022", dts: false, deps: { alwaysBundle: [/./], onlyBundle: false }, logLevel: "error" },
    outExtensions: () => ({ js: ".js" }),
  });
}

/** Starts the server; `close` ends it. */
export async function serve(model, port = 0) {
  const folder = mkdtempSync(join(tmpdir(), "taskloom-browser-"));
  await bundle(folder);
  const ort = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  const places = {
    "/index.html": join(here, "index.html"),
    "/model/model.onnx": resolve(model),
    "/model/model.json": resolve(model.replace(/\.onnx$/i, ".json")),
  };
  const server = createServer(({ url = "/" }, response) => {
    const path = url.split("?")[0].replace(/\/$/, "/index.html");
    const file = places[path] ?? join(path.startsWith("/ort/") ? ort : folder, basename(path));
    const headers = {
      "Content-Type": TYPES[file.split(".").at(-1)] ?? "application/octet-stream",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    };
    if (existsSync(file)) response.writeHead(200, headers).end(readFileSync(file));
    else response.writeHead(404, headers).end();
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [model, port = "8080"] = process.argv.slice(2);
  if (model === undefined) throw new Error("Name a model: node examples/browser/serve.mjs MODEL.onnx [PORT]");
  console.log(`Open ${(await serve(model, Number(port))).address}`);
}
