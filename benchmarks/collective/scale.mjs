// What crosses the broker of a collective, on paper: counts messages and bytes of a simulated minute.
//   node benchmarks/collective/scale.mjs [MODULES SERVERS PEERS STEPS_PER_MINUTE REPLY_MB]
const CPU_SECONDS_PER_MB = 0.003;
const BEATS_PER_SECOND = 2;
const SNAPSHOT_MB = 50;
const REFRESH_STEPS = 100;
const LINK_MB = 1250;

/** Goes through a minute step by step; trainers are spread over it as they would be, none in step. */
export function simulate({ modules, servers, peers, stepsPerMinute, replyMb }) {
  let replies = 0;
  let snapshots = 0;
  let fetches = 0;
  const perSecond = new Array(60).fill(0);
  for (let module = 0; module < modules; module++) {
    const phase = (module * 0.618) % 1;
    for (let step = 0; step < stepsPerMinute; step++) {
      const second = Math.floor(((step + phase) / stepsPerMinute) * 60) % 60;
      replies += Math.min(peers, modules - 1);
      perSecond[second] += replyMb * Math.min(peers, modules - 1);
      if ((step + Math.floor(phase * REFRESH_STEPS)) % REFRESH_STEPS !== 0) continue;
      snapshots++;
      fetches += servers / modules;
    }
  }
  const processes = modules + servers;
  const replyMbPerSecond = (replies * replyMb) / 60;
  const snapshotMbPerSecond = ((snapshots + fetches) * SNAPSHOT_MB) / 60;
  return {
    ...{ modules, servers, peers, stepsPerMinute, replyMb },
    replyMbPerSecond,
    peakReplyMbPerSecond: Math.max(...perSecond),
    snapshotMbPerSecond,
    beatsHeardPerSecond: modules * processes * BEATS_PER_SECOND,
    brokerCores: replyMbPerSecond * CPU_SECONDS_PER_MB,
    linkShare: (replyMbPerSecond + snapshotMbPerSecond) / LINK_MB,
    snapshotDiskGb: (modules * 3 * SNAPSHOT_MB) / 1000,
  };
}

const given = process.argv.slice(2).map(Number);
const cases =
  given.length === 5
    ? [given]
    : [
        [3, 6, 2, 100, 2],
        [10, 40, 3, 100, 2],
        [100, 1000, 3, 100, 2],
        [100, 1000, 10, 100, 2],
      ];
console.table(
  cases.map(([modules, servers, peers, stepsPerMinute, replyMb]) => {
    const result = simulate({ modules, servers, peers, stepsPerMinute, replyMb });
    return Object.fromEntries(
      Object.entries(result).map(([key, value]) => [key, Math.round(value * 100) / 100]),
    );
  }),
);
