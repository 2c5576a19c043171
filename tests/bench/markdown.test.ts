import { expect, it } from "vitest";
import { resultsMarkdown } from "../../src/bench/markdown.js";
import { type ResultRow, summarise } from "../../src/bench/results.js";
import { mean, spread } from "../../src/bench/statistics.js";

const tasks = [
  { name: "segmentation", kind: "segmentation", metric: "mIoU", unit: "%", better: "higher" as const },
  { name: "depth", kind: "depth", metric: "aErr", unit: "m", better: "lower" as const },
];
function row(
  setting: string,
  method: string,
  seed: number,
  mIoU: number | null,
  aErr: number,
  helpers = 0,
): ResultRow {
  return {
    ...{
      name: `${setting}/${method}/seed-${seed}`,
      setting,
      network: "",
      method,
      seed,
      hash: "",
      status: "done" as const,
    },
    ...{ tasks, images: 50, metrics: { segmentation: { mIoU }, depth: { aErr } } },
    training: {
      seconds: 60 + seed,
      peakMemoryBytes: 2 ** 29,
      parameters: { network: 1_570_000, helpers },
      threads: 1,
    },
  };
}
const { tasks: _tasks, metrics: _metrics, training: _training, ...bare } = row("one", "jtr", 2, 0, 0);
const runs: ResultRow[] = [
  row("one", "supervised", 0, 10, 0.5),
  row("one", "supervised", 1, 20, 0.4),
  row("one", "supervised", 2, 30, 0.3),
  row("one", "jtr", 0, 12, 0.5, 900),
  row("one", "jtr", 1, 22, 0.5, 900),
  { ...bare, status: "failed", error: "diverged | badly\nat step 3" },
  row("full", "supervised", 0, null, 0.25),
  { ...bare, name: "full/jtr/seed-0", setting: "full", seed: 0, status: "pending" },
];
const machine = {
  ...{ node: "v20.0.0", platform: "linux x64", cpu: "A CPU", threads: 2, memoryBytes: 1 },
  onnxruntime: { installed: true },
};
const results = {
  ...{
    suite: "rooms",
    taskloom: "1.2.3",
    machine,
    baseline: "supervised",
    split: "test",
    checkpoint: "last" as const,
  },
  ...{ summary: summarise(runs, "supervised"), runs },
};

it("pairs by seed", () => {
  const jtr = results.summary.find(({ method }) => method === "jtr")!;
  // Seed 0: +20 % and 0 %; seed 1: +10 % and -25 %.
  expect(jtr.deltaPercent?.values.map((value) => Number(value.toFixed(9)))).toEqual([10, -7.5]);
  expect(jtr.seeds).toEqual([0, 1]);
  expect(results.summary[0].deltaPercent).toBeNull();
});

it("makes a table a setting, with the best in bold and failures in rows", () => {
  expect(resultsMarkdown(results)).toMatchInlineSnapshot(`
    "# rooms

    Split \`test\` (50 images), last checkpoint, seeds 0, 1, 2: mean ± sample deviation. Δ% against supervised, paired by seed. Time is that of training steps; memory the largest resident set of the training process; parameters: kept + helper networks.

    ## one

    | method             |   segmentation mIoU [%] ↑ |    depth aErr [m] ↓ |              Δ% ↑ |        time |          memory |   parameters |
    | ------------------ | ------------------------: | ------------------: | ----------------: | ----------: | --------------: | -----------: |
    | supervised         |         **20.00 ± 10.00** | **0.4000 ± 0.1000** |          baseline | 1m 01s ± 1s | 512 MiB ± 0 MiB |       1.57 M |
    | jtr (2 of 3 seeds) |             17.00 ± 7.071 |          0.5000 ± 0 | **+1.3% ± 12.4%** | 1m 01s ± 1s | 512 MiB ± 0 MiB | 1.57 M + 900 |
    | jtr, seed 2        | failed: diverged \\| badly |                     |                   |             |                 |              |

    ## full

    | method      | segmentation mIoU [%] ↑ | depth aErr [m] ↓ |     Δ% ↑ |   time |  memory | parameters |
    | ----------- | ----------------------: | ---------------: | -------: | -----: | ------: | ---------: |
    | supervised  |                       – |           0.2500 | baseline | 1m 00s | 512 MiB |     1.57 M |
    | jtr, seed 0 |                 pending |                  |          |        |         |            |

    Taskloom 1.2.3, Node v20.0.0, linux x64, A CPU, 2 threads.
    "
  `);
});

it("knows the sample deviation", () => {
  expect(spread([1, 2, 3, 4])).toMatchObject({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(spread([7]).deviation).toBe(0);
  expect(mean([])).toBeNaN();
});

it("says nothing of an improvement over nothing", () => {
  const none = [0, 1].flatMap((seed) => [
    row("one", "supervised", seed, 0, 0.5),
    row("one", "jtr", seed, 0, 0.4),
  ]);
  const text = resultsMarkdown({ ...results, summary: summarise(none, "supervised"), runs: none });
  expect(text).not.toContain("NaN");
  expect(text).toMatch(/\| jtr .*\| +– \|/);
});
