/** @file Collectives: networks trained apart, tied by constraints. */
export { type CollectiveConfig, type ModuleConfig, parseCollective, readCollective } from "./config.js";
export { type CollectiveOptions, type CollectiveResult, trainCollective } from "./train.js";
