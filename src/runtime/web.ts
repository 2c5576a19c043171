/** @file Running graphs in a browser: what `taskloom/runtime` offers, without Node. */
export { CompiledStep, type Feeds, type StepDescription } from "./compiled-step.js";
export { type Engine, openSession, type TypedData } from "./engine.js";
export { type WebEngineOptions, webEngine } from "./engine.web.js";
export { evaluate } from "./evaluate.js";
export { StateStore } from "./state-store.js";
