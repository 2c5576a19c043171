/** @file What the page of the browser test runs. */
import { webEngine } from "../../src/runtime/engine.web.js";
import { trainTiny } from "./tiny-step.js";

Object.assign(globalThis, {
  trainInPage: async (provider: "wasm" | "webgpu", steps: number) =>
    trainTiny(await webEngine({ provider, wasmPaths: "/ort/" }), steps),
});
