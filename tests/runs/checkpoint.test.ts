import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readSafetensors, type StoredArray, writeSafetensors } from "../../src/disk/safetensors.js";
import {
  type ArrayOwner,
  type Checkpoint,
  checkpointPath,
  configDigest,
  loadCheckpoint,
  resumeCheckpoint,
  saveCheckpoint,
} from "../../src/runs/checkpoint.js";
import { compileSources, ended, runChild } from "../helpers/child.js";
import { failing, fullDisk } from "../helpers/failing-disk.js";
import { scratchFolder, userError } from "../helpers/folder.js";

function checkpointAt(step: number, size = 100): Checkpoint {
  const data = Float32Array.from({ length: size }, (_, i) => step + i / 7);
  return {
    state: {
      step,
      positions: { main: { epoch: 2, step: step % 10 }, append: { epoch: 7, step: 0 } },
      best: { metric: "segmentation/mIoU", value: 0.1 + 0.2, step },
      configDigest: configDigest({ b: 1, a: 2 }),
    },
    arrays: new Map<string, StoredArray>([
      ["layer1.0.conv1.weight", { dtype: "F32", shape: [size], data }],
      ["layer1.0.conv1.weight#moment1", { dtype: "F32", shape: [size], data: data.map(Math.sin) }],
      ["bn.count", { dtype: "I64", shape: [], data: BigInt64Array.of(BigInt(step)) }],
    ]),
    owners: new Map<string, ArrayOwner>([
      ["layer1.0.conv1.weight", { kind: "parameter", module: "", kept: true }],
      ["layer1.0.conv1.weight#moment1", { kind: "slot", module: null, kept: false }],
      ["bn.count", { kind: "state", module: "", kept: true }],
    ]),
    evaluated: "",
  };
}

async function savedTwice(): Promise<string> {
  const folder = scratchFolder();
  await saveCheckpoint(folder, "last", checkpointAt(10));
  await saveCheckpoint(folder, "last", checkpointAt(20));
  return folder;
}

function flip(path: string, byte: number): void {
  const bytes = readFileSync(path);
  bytes[byte] ^= 4;
  // A new file: the old one may be linked to by the checkpoint before it.
  rmSync(path);
  writeFileSync(path, bytes);
}

const noWarning = (message: string) => {
  throw new Error(`unexpected warning: ${message}`);
};

describe("checkpoints", () => {
  it("come back as they were, the one before kept", async () => {
    const folder = await savedTwice();
    await saveCheckpoint(folder, "best", checkpointAt(15));
    expect(await loadCheckpoint(checkpointPath(folder, "last"))).toEqual(checkpointAt(20));
    expect(await loadCheckpoint(checkpointPath(folder, "last.prev"))).toEqual(checkpointAt(10));
    expect(await loadCheckpoint(checkpointPath(folder, "best"))).toEqual(checkpointAt(15));
    expect(await resumeCheckpoint(folder, noWarning)).toEqual(checkpointAt(20));
    expect(JSON.parse(readFileSync(join(folder, "last.json"), "utf8"))).toEqual(checkpointAt(20).state);
    expect(readdirSync(folder).sort()).toEqual([
      "best.json",
      "best.safetensors",
      "last.json",
      "last.prev.safetensors",
      "last.safetensors",
    ]);
  });

  it("need no .json, and never read it", async () => {
    const folder = await savedTwice();
    writeFileSync(join(folder, "last.json"), '{"step": 9999');
    expect((await resumeCheckpoint(folder, noWarning))?.state.step).toBe(20);
    rmSync(join(folder, "last.json"));
    expect((await resumeCheckpoint(folder, noWarning))?.state.step).toBe(20);
  });

  it("are none in a new folder", async () => {
    expect(await resumeCheckpoint(scratchFolder(), noWarning)).toBeUndefined();
  });

  it("report any flipped byte by one message, and resume from the one before with a warning", async () => {
    const { size } = statSync(checkpointPath(await savedTwice(), "last"));
    for (let byte = 0; byte < size; byte += 37) {
      const folder = await savedTwice();
      const path = checkpointPath(folder, "last");
      flip(path, byte);
      const error = await userError(() => loadCheckpoint(path));
      // The mark of the format lies in the checked part: only flips of the checksum's own name read as
      // another format.
      expect(["checkpoint.damaged", "checkpoint.unknown-format"]).toContain(error.facts.code);
      if (error.facts.code !== "checkpoint.damaged") continue;
      expect(error.message).toMatch(
        /last\.safetensors: the checkpoint is damaged: .*\. Go on from .* with --resume/,
      );
      const warnings: string[] = [];
      expect(await resumeCheckpoint(folder, (text) => warnings.push(text))).toEqual(checkpointAt(10));
      expect(warnings).toEqual([
        expect.stringMatching(/is damaged: going on from .*last\.prev.* after step 10\./),
      ]);
    }
  }, 60_000);

  it("report a cut file, and keep the sound one when saving goes on", async () => {
    const folder = await savedTwice();
    flip(checkpointPath(folder, "last"), 0);
    truncateSync(checkpointPath(folder, "last"), 300);
    await resumeCheckpoint(folder, () => undefined);
    expect(existsSync(join(folder, "last.damaged.safetensors"))).toBe(true);
    const error = await userError(() =>
      saveCheckpoint(folder, "last", checkpointAt(11), failing("rename", "ENOSPC")),
    );
    expect(error.facts.code).toBe("file.disk-full");
    expect((await resumeCheckpoint(folder, () => undefined))?.state.step).toBe(10);
    await saveCheckpoint(folder, "last", checkpointAt(11));
    expect((await resumeCheckpoint(folder, noWarning))?.state.step).toBe(11);
  });

  it("say so when nothing sound is left", async () => {
    const folder = await savedTwice();
    truncateSync(checkpointPath(folder, "last"), 300);
    truncateSync(checkpointPath(folder, "last.prev"), 200);
    const error = await userError(() => resumeCheckpoint(folder, noWarning));
    expect(error.message).toContain(
      "is damaged and the one before it cannot be used either. Restore one of them",
    );
    expect(existsSync(checkpointPath(folder, "last"))).toBe(true);
  });

  it("refuse other safetensors files", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    await writeSafetensors(path, new Map(), { format: "pt" });
    const error = await userError(() => loadCheckpoint(path));
    expect(error.facts).toMatchObject({ code: "checkpoint.unknown-format", got: "pt" });
  });

  it("report state of another form as damage", async () => {
    const folder = await savedTwice();
    const path = checkpointPath(folder, "last");
    const { metadata, arrays } = await readSafetensors(path);
    await writeSafetensors(path, arrays, { ...metadata, checkpoint: '{"state": {"step": -1}}' });
    expect((await userError(() => loadCheckpoint(path))).facts.code).toBe("checkpoint.damaged");
  });

  it("lose nothing when the disk is full, wherever that strikes", async () => {
    const { size } = statSync(checkpointPath(await savedTwice(), "last"));
    for (const capacity of [0, 5, size >> 1, size - 1, size, size + 20]) {
      const folder = await savedTwice();
      const before = readdirSync(folder);
      const error = await userError(() =>
        saveCheckpoint(folder, "last", checkpointAt(30), fullDisk(capacity)),
      );
      expect(error.facts.code).toBe("file.disk-full");
      expect(error.message).toMatch(
        /last\.(safetensors|json): the disk is full\. Free some space .* --resume/,
      );
      expect(readdirSync(folder)).toEqual(before);
      const checkpoint = await resumeCheckpoint(folder, noWarning);
      expect(checkpoint).toEqual(checkpointAt(capacity <= size ? 20 : 30));
    }
  });

  it.each(["EPERM", "ENOTSUP"])("do without hard links (%s)", async (code) => {
    const folder = scratchFolder();
    const files = failing("link", code);
    for (const step of [1, 2, 3]) await saveCheckpoint(folder, "last", checkpointAt(step), files);
    expect((await loadCheckpoint(checkpointPath(folder, "last"))).state.step).toBe(3);
    expect((await loadCheckpoint(checkpointPath(folder, "last.prev"))).state.step).toBe(2);
    // Killed between the two renames.
    renameSync(checkpointPath(folder, "last"), checkpointPath(folder, "last.prev"));
    const warnings: string[] = [];
    expect((await resumeCheckpoint(folder, (text) => warnings.push(text)))?.state.step).toBe(3);
    expect(warnings).toEqual([expect.stringContaining("is missing: going on from")]);
  });

  it("survive SIGKILL at any moment", async () => {
    const program = scratchFolder();
    const folder = scratchFolder();
    compileSources(program);
    // Each array says which step it was saved after: a mixture of two checkpoints would show.
    const source = `
      import { saveCheckpoint, resumeCheckpoint } from "./runs/checkpoint.js";
      const folder = process.argv[1];
      let step = (await resumeCheckpoint(folder, console.log))?.state.step ?? 0;
      for (;;) {
        step++;
        const array = () => ({ dtype: "F32", shape: [200000], data: new Float32Array(200000).fill(step) });
        await saveCheckpoint(folder, "last", {
          state: { step, positions: {}, best: null, configDigest: "" },
          arrays: new Map([["a", array()], ["b", array()]]), owners: new Map(), evaluated: "",
        });
        process.stdout.write(step + "\\n");
      }`;
    let reached = 0;
    for (let round = 0; round < 12; round++) {
      const child = runChild(program, source, [folder]);
      let output = "";
      child.stdout!.on("data", (data) => {
        output += data;
      });
      while (!output.includes("\n") && child.exitCode === null) await sleep(1);
      await sleep(Math.random() * 60);
      const end = ended(child);
      child.kill("SIGKILL");
      await end;
      const said = output.trim().split("\n").map(Number);
      const checkpoint = (await resumeCheckpoint(folder, noWarning))!;
      const { step } = checkpoint.state;
      expect(said[0]).toBe(reached + 1);
      expect(step).toBeGreaterThanOrEqual(said.at(-1)!);
      for (const { data } of checkpoint.arrays.values()) expect([data[0], data.at(-1)]).toEqual([step, step]);
      reached = step;
    }
    expect(reached).toBeGreaterThan(12);
  }, 120_000);
});

describe("configDigest", () => {
  it("depends on values and not on the order of keys", () => {
    expect(configDigest({ a: { x: 1, y: [1, 2] }, b: null })).toBe(
      configDigest({ b: null, a: { y: [1, 2], x: 1 } }),
    );
    expect(configDigest({ a: [1, 2] })).not.toBe(configDigest({ a: [2, 1] }));
  });
});
