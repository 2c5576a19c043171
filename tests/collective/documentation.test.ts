/** @file The commands of docs/collective.md up to its section on security, and its configurations. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseCollective } from "../../src/collective/index.js";
import { hasBroker } from "../helpers/broker.js";
import { blocksOf, commandsUnder, DOCUMENT, Terminal } from "./documented.js";

const APART = "In processes, on machines";
let terminal: Terminal;
beforeAll(() => {
  terminal = new Terminal();
});
afterAll(() => terminal.close());

test("there are commands under these headings, and nowhere else", () => {
  expect([...blocksOf(DOCUMENT, "sh").keys()]).toEqual(["Collectives", APART, "Security"]);
});

test("its configurations are sound", () => {
  const texts = [...blocksOf(DOCUMENT, "yaml").values()].flat();
  expect(texts.length).toBeGreaterThan(2);
  for (const text of texts) parseCollective(text, join(terminal.folder, "collective.yaml"));
});

test("what it says to install is what the package asks for", () => {
  const { optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const named = [...DOCUMENT.matchAll(/(@nats-io\/[\w-]+)@(~[\d.]+)/g)];
  expect(named.map(([, name]) => name)).toHaveLength(4);
  for (const [, name, version] of named) expect(optionalDependencies[name], name).toBe(version);
});

test("commands within the text", async () => {
  const inline = [...DOCUMENT.matchAll(/`(taskloom [^`]*)`/g)].map(([, line]) => line);
  expect(inline.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual(["taskloom data synth"]);
  await terminal.run(`${inline[0]} --out video --train 1 --val 0 --test 0 --size 32x64`);
});

test("a collective in one process", async () => {
  terminal.config();
  await terminal.photo();
  for (const line of commandsUnder("Collectives")) await terminal.run(line);
  expect(existsSync(join(terminal.folder, "predictions"))).toBe(true);
});

test("a collective in processes of this machine", async () => {
  terminal.config();
  const [line, ...others] = commandsUnder(APART).filter((each) => each.includes("--processes"));
  expect(others).toEqual([]);
  await terminal.runApart(line);
});

test.runIf(hasBroker)("a collective over a broker, by one command and by hand", async () => {
  const [start, together, ...hand] = commandsUnder(APART).filter((each) => !each.includes("--processes"));
  expect(start).toMatch(/^nats-server /);
  await terminal.broker(start);
  expect(together).toMatch(/^taskloom collective train .* --bus /);
  terminal.config();
  await terminal.runApart(together);
  for (const line of hand) expect(line).toMatch(/^taskloom (trainer|forward-server|collective status) /);
  // Until they are stopped, and not in lock-step.
  terminal.config({ staleness: { steps: 5 }, steps: 100_000 });
  await terminal.household(hand);
});
