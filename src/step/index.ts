/**
 * @file The training step of a module: its plan, its graphs, its trainer and sessions of them. Runs in Node
 * and in browsers.
 */
export { buildInference, type InferencePlan, type NetworkInput, networkInputOf } from "./inference-graph.js";
export type { StepPlan, TermsPlan } from "./plan.js";
export { Predictor } from "./predictor.js";
export { buildTerms, buildTraining, type MethodTerms, TOTAL_LOSS, type TrainingProgram } from "./program.js";
export { runSession, type SessionHooks, type Turn } from "./session.js";
export { type BatchArrays, type BatchSource, type StepResult, Trainer } from "./trainer.js";
