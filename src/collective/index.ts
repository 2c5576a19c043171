/** @file Collectives: networks trained apart, tied by constraints, in one process or in many. */
export { type CollectiveConfig, type ModuleConfig, parseCollective, readCollective } from "./config.js";
export { type ServerOptions, serveModule } from "./remote/forward-server.js";
export { type ProcessesOptions, trainByProcesses } from "./remote/processes.js";
export { collectiveStatus, type MemberStatus, nobodyThere } from "./remote/status.js";
export { type ModuleTrainerOptions, type ModuleTrainerResult, trainModule } from "./remote/trainer.js";
export { type CollectiveOptions, type CollectiveResult, trainCollective } from "./train.js";
