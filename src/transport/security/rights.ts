/** @file What each role may do on a broker, as its configuration says it: all else is denied. */

/** What a role may publish to and listen to. */
export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const kvStream = (run: string): string => `KV_TL_${run}`;
const objectStream = (run: string, module: string): string => `OBJ_TL_${run}_${module}`;

/** Reading a stream; `INFO` tells what the account uses, which clients ask at the start. */
function reading(stream: string): string[] {
  return [
    "$JS.API.INFO",
    ...[`$JS.API.STREAM.INFO.${stream}`, `$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`],
    ...[`$JS.API.STREAM.MSG.GET.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}`],
    ...[`$JS.API.CONSUMER.CREATE.${stream}.>`, `$JS.API.CONSUMER.INFO.${stream}.>`],
    ...[`$JS.API.CONSUMER.DELETE.${stream}.>`, `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`, `$JS.FC.${stream}.>`],
  ];
}

/** The trainer of a module: its own keys and snapshots, requests to all servers. */
export function trainerRights(run: string, module: string): Rights {
  const own = objectStream(run, module);
  return {
    publish: [
      ...[`tl.${run}.hb.trainer.${module}.*`, `tl.${run}.fp.>`],
      ...[`$KV.TL_${run}.ptr.${module}`, `$KV.TL_${run}.lease.${module}`, `$KV.TL_${run}.run`],
      ...[`$O.TL_${run}_${module}.>`, ...reading(kvStream(run)), ...reading(own)],
      ...[`$JS.API.STREAM.CREATE.${kvStream(run)}`, `$JS.API.STREAM.CREATE.${own}`],
      `$JS.API.STREAM.PURGE.${own}`,
    ],
    subscribe: [`_INBOX.trainer-${module}.>`, `tl.${run}.hb.>`],
  };
}

/** A server of a module: answers, and reads its module's snapshots. */
export function serverRights(run: string, module: string): Rights {
  return {
    publish: [
      ...["_INBOX.>", `tl.${run}.hb.server.${module}.*`],
      ...[...reading(kvStream(run)), ...reading(objectStream(run, module))],
    ],
    subscribe: [
      ...[`_INBOX.server-${module}.>`, `tl.${run}.fp.${module}.*`, `tl.${run}.hb.trainer.${module}.*`],
    ],
  };
}

/** Looks on, without knowing what is there. */
export function observerRights(): Rights {
  return { publish: [], subscribe: ["_INBOX.observer.>", "tl.*.hb.>"] };
}

/** Shares out suites and carries them out. */
export function benchRights(): Rights {
  const streams = ["TL_BENCH", "OBJ_TL_BENCH"];
  return {
    publish: [
      ...["tl.bench.*", "$O.TL_BENCH.>", "$JS.ACK.TL_BENCH.>"],
      ...streams.flatMap((stream) => [...reading(stream), `$JS.API.STREAM.CREATE.${stream}`]),
      ...["$JS.API.STREAM.PURGE.OBJ_TL_BENCH", "$JS.API.CONSUMER.DURABLE.CREATE.TL_BENCH.>"],
    ],
    subscribe: ["_INBOX.bench.>"],
  };
}
