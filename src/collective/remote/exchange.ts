/** @file A trainer's side: asks all peers for their predictions on a batch, and accounts for what comes. */
import type { Batch } from "../../data/types.js";
import type { BatchArrays } from "../../step/trainer.js";
import type { ForwardRequest } from "../../transport/messages.js";
import type { StationLink } from "../../transport/open-station.js";
import { PeerError } from "../../transport/peer-error.js";
import { sharedNow } from "../../transport/station.js";
import { type CodecName, decodeTensor, encodeTensor } from "../../transport/tensor-codec.js";
import type { CollectiveConfig } from "../config.js";
import { samplesOf } from "./hosted-copy.js";
import { imageNames, inputCrc } from "./snapshot-arrays.js";

export interface ExchangeOptions {
  readonly station: Pick<StationLink, "ask" | "digestsOf">;
  /** Peers that are asked, and whether their weights change. */
  readonly peers: readonly {
    readonly module: string;
    readonly frozen: boolean;
    readonly outputs: readonly string[];
  }[];
  readonly bus: CollectiveConfig["bus"];
  readonly lockStep: boolean;
  readonly frames: number;
  /** Of the mediator data here. */
  readonly digest: string;
  /** Names requests: asker and life. */
  readonly caller: string;
  /** After it no answer is waited for longer than `bus.waitMs`. */
  readonly signal?: AbortSignal;
}

/** How old the weights of a peer's predictions are. */
export interface Staleness {
  readonly steps: number;
  readonly seconds: number;
}

interface Given {
  readonly arrays: BatchArrays;
  readonly steps: number;
  readonly ageMs: number;
  /** When the answer came, milliseconds. */
  readonly at: number;
  readonly bytes: number;
  /** When the peer's trainer stops, if it has been told to. */
  readonly end: number | undefined;
}

/** What came of asking. */
export interface PeerBatch {
  /** The batch with the predictions of all peers that answered. */
  readonly arrays: BatchArrays;
  /** Those peers. */
  readonly stale: Readonly<Record<string, Staleness>>;
  readonly skipped: readonly { readonly peer: string; readonly reason: string }[];
  readonly bytes: number;
  /** Steps after which a peer stops; undefined where none has been told to. */
  readonly end: number | undefined;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  /** Peers whose input is another one than ours: never asked again. */
  readonly #strangers = new Set<string>();
  /** Peers that were asked before: the first time all may still be starting. */
  readonly #met = new Set<string>();
  readonly #note: (message: string) => void;

  constructor(options: ExchangeOptions, note: (message: string) => void) {
    this.#options = options;
    this.#note = note;
  }

  /** Asks all peers for their predictions on the mediator batch of a step. */
  ask(batch: Batch, step: number): () => Promise<PeerBatch> {
    const { peers } = this.#options;
    const asked = peers.map(async (peer) => {
      try {
        return await this.#askOne(peer, batch, step);
      } catch (error) {
        if (error instanceof PeerError) return error;
        throw error;
      }
    });
    // Whoever takes the result sees an error; until then it must not count as unhandled.
    for (const each of asked) each.catch(() => undefined);
    return async () => this.#taken(batch, await Promise.all(asked));
  }

  async #askOne(
    { module, frozen, outputs }: ExchangeOptions["peers"][number],
    batch: Batch,
    step: number,
  ): Promise<Given> {
    const { station, bus, lockStep, frames, caller, digest, signal } = this.#options;
    if (this.#strangers.has(module)) throw new PeerError("mismatch", `${module} is fed other images`);
    const exact = lockStep && !frozen ? step : null;
    const request: ForwardRequest = {
      ...{ kind: "forward", id: `${caller}/${step}/${module}`, caller, module },
      samples: samplesOf(batch.drawn),
      codec: Object.fromEntries(outputs.map((name) => [name, codecOf(bus.codec, name, lockStep)])),
      ...{ minStep: exact, maxStep: exact },
    };
    const images = imageNames(frames);
    const own = inputCrc(batch.arrays, images);
    const known = await station.digestsOf(module);
    const pixels = known.length > 0 && known.some((each) => each !== digest) ? images : [];
    const tensors = Object.fromEntries(
      pixels.map((name) => {
        const { data, shape } = batch.arrays[name];
        // A copy: it leaves for another thread.
        return [name, encodeTensor(data.slice(), shape, "f32")];
      }),
    );
    // In lock-step everybody waits for the slowest, whatever keeps it.
    const deadlineMs = lockStep || !this.#met.has(module) ? bus.startWaitS * 1000 : bus.waitMs;
    this.#met.add(module);
    const answer = await hurried(station.ask(request, tensors, deadlineMs), bus.waitMs, signal);
    if (answer.reply.inputCrc !== own) {
      this.#strangers.add(module);
      this.#note(
        `error: ${answer.reply.servedBy} feeds ${module} other images than this trainer: it is not asked any more`,
      );
      throw new PeerError("mismatch", `${module} is fed other images`);
    }
    return {
      arrays: Object.fromEntries(
        Object.entries(answer.tensors).map(([name, tensor]) => [name, { data: decodeTensor(tensor) }]),
      ),
      steps: exact === null ? Math.max(0, answer.heardStep - answer.reply.snapshot.step) : 0,
      ageMs: answer.reply.ageMs,
      at: answer.arrivedAt,
      bytes: answer.bytes,
      end: answer.reply.snapshot.end,
    };
  }

  #taken(batch: Batch, results: readonly (Given | PeerError)[]): PeerBatch {
    const { peers, bus } = this.#options;
    const arrays: Record<string, BatchArrays[string]> = { ...batch.arrays };
    const stale: Record<string, Staleness> = {};
    const skipped: { peer: string; reason: string }[] = [];
    let bytes = 0;
    let end: number | undefined;
    results.forEach((result, i) => {
      const { module: peer } = peers[i];
      if (result instanceof PeerError) {
        skipped.push({ peer, reason: result.reason });
        return;
      }
      bytes += result.bytes;
      if (result.end !== undefined) end = Math.min(end ?? Infinity, result.end);
      const age = { steps: result.steps, seconds: (result.ageMs + sharedNow() - result.at) / 1000 };
      const { maxStaleSteps = Infinity, maxStaleSeconds = Infinity } = bus;
      if (age.steps > maxStaleSteps || age.seconds > maxStaleSeconds) skipped.push({ peer, reason: "stale" });
      else {
        Object.assign(arrays, result.arrays);
        stale[peer] = age;
      }
    });
    return { arrays, stale, skipped, bytes, end };
  }
}

/** An answer; PeerError `deadline` where it has not come `ms` after the signal. */
async function hurried<T>(answer: Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await answer;
  let timer: NodeJS.Timeout | undefined;
  let hurry: () => void = () => undefined;
  const late = new Promise<never>((_, fail) => {
    hurry = () => {
      timer = setTimeout(() => fail(new PeerError("deadline", "the run is to end")), ms);
    };
    if (signal.aborted) hurry();
    else signal.addEventListener("abort", hurry, { once: true });
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", hurry);
  }
}

/** How an output travels. */
function codecOf(codec: CollectiveConfig["bus"]["codec"], output: string, lockStep: boolean): CodecName {
  const usual = lockStep ? "f32" : "f16";
  if (typeof codec === "string") return codec;
  // Outputs are called `peer.<task>.frame<n>-<m>`.
  const task = output.replace(/^peer\./, "").replace(/\.frame[\d-]+$/, "");
  return codec?.[task] ?? usual;
}
