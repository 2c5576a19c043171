/** @file Running graphs with ONNX Runtime: engines, state that lives from step to step, compiled steps. */
export { CompiledStep, type Feeds, type StepDescription } from "./compiled-step.js";
export { inspectMachine, type MachineReport, type ProviderReport, probeProvider } from "./doctor.js";
export { type Engine, type EngineOptions, openSession, type Provider, type TypedData } from "./engine.js";
export { nodeEngine } from "./engine.node.js";
export { evaluate } from "./evaluate.js";
export { StateStore } from "./state-store.js";
