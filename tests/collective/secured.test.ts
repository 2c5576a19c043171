/** @file The commands of docs/collective.md under "Security": certificates, rights, roles. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasBroker } from "../helpers/broker.js";
import { commandsUnder, Terminal } from "./documented.js";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) console.warn("openssl is not installed: a broker with rights is not tested");

let terminal: Terminal;
beforeAll(() => {
  terminal = new Terminal();
});
afterAll(() => terminal.close());

test.runIf(hasBroker && hasOpenssl)("a collective whose roles have credentials of their own", async () => {
  terminal.config({ staleness: { steps: 5 }, steps: 100_000 });
  const [init, start, ...hand] = commandsUnder("Security");
  expect(init).toMatch(/^taskloom collective init-security /);
  const told = await terminal.run(init);
  expect(start).toMatch(/^nats-server -c /);
  expect(told).toContain(start);
  await terminal.broker(start);
  for (const line of hand) {
    expect(line).toMatch(/^taskloom (trainer|forward-server|collective status) .* --credentials /);
    // The roles it names are those that were made.
    expect(told).toContain(line.slice(line.indexOf("--credentials")));
  }
  // It shows one module's; the other's are the same.
  const both = hand.flatMap((line) =>
    line.includes("depth") ? [line, line.replaceAll("depth", "normals")] : [line],
  );
  await terminal.household(both);
});
