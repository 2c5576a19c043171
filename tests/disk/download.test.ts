import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { download } from "../../src/disk/download.js";
import { fileServer, proxyServer } from "../helpers/file-server.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const CONTENT = Uint8Array.from({ length: 30_000 }, (_, i) => (i * i) % 251);
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

beforeEach(() => {
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

const target = () => join(scratchFolder(), "weights", "file.pth");

it("fetches a file into a folder that it makes, and tells how far it is", async () => {
  const { address } = await fileServer(CONTENT);
  const path = target();
  const told: [number, number | undefined][] = [];
  await download({ address, path, sha256: SHA256.toUpperCase(), onProgress: (...at) => told.push(at) });
  expect(new Uint8Array(readFileSync(path))).toEqual(CONTENT);
  expect(told.at(-1)).toEqual([CONTENT.length, CONTENT.length]);
  expect(existsSync(`${path}.part`)).toBe(false);
});

it("goes on where an earlier try stopped", async () => {
  const { address, asked } = await fileServer(CONTENT);
  const path = join(scratchFolder(), "file.pth");
  writeFileSync(`${path}.part`, CONTENT.subarray(0, 12_345));
  await download({ address, path, sha256: SHA256 });
  expect(asked.map(({ range }) => range)).toEqual(["bytes=12345-"]);
  expect(new Uint8Array(readFileSync(path))).toEqual(CONTENT);
});

it("takes up a connection that breaks off", async () => {
  const { address, asked } = await fileServer(CONTENT, { cutAfter: (n) => (n < 3 ? 8000 : undefined) });
  const path = target();
  await download({ address, path, sha256: SHA256 });
  expect(asked.length).toBe(3);
  expect(asked.slice(1).every(({ range }) => range !== undefined)).toBe(true);
  expect(new Uint8Array(readFileSync(path))).toEqual(CONTENT);
});

it("keeps what came where the connection breaks off again and again", async () => {
  const { address } = await fileServer(CONTENT, { cutAfter: () => 1000 });
  const path = target();
  const error = await userError(() => download({ address, path, sha256: SHA256 }));
  expect(error.facts).toMatchObject({ code: "download.cut-short", where: address });
  expect(error.message).toContain("it goes on where it stopped");
  const kept = readFileSync(`${path}.part`);
  expect(kept.length).toBeGreaterThan(1000);
  expect(new Uint8Array(kept)).toEqual(CONTENT.subarray(0, kept.length));
  expect(existsSync(path)).toBe(false);
});

it.each([
  ["was of another file", Uint8Array.of(1, 2, 3)],
  ["is longer than the file", new Uint8Array(CONTENT.length + 5)],
])("begins anew where what it had %s", async (_name, begun) => {
  const { address, asked } = await fileServer(CONTENT);
  const path = join(scratchFolder(), "file.pth");
  writeFileSync(`${path}.part`, begun);
  await download({ address, path, sha256: SHA256 });
  expect(asked.length).toBe(2);
  expect(new Uint8Array(readFileSync(path))).toEqual(CONTENT);
});

it("is done where all was there but the name", async () => {
  const { address } = await fileServer(CONTENT);
  const path = join(scratchFolder(), "file.pth");
  writeFileSync(`${path}.part`, CONTENT);
  await download({ address, path, sha256: SHA256 });
  expect(new Uint8Array(readFileSync(path))).toEqual(CONTENT);
});

it("keeps nothing that has another SHA-256", async () => {
  const { address } = await fileServer(CONTENT.subarray(1));
  const path = target();
  const error = await userError(() => download({ address, path, sha256: SHA256 }));
  expect(error.facts).toMatchObject({ code: "download.other-file", expected: SHA256 });
  expect([path, `${path}.part`].some(existsSync)).toBe(false);
});

it("says where a file can be fetched by hand and where it goes", async () => {
  const { address } = await fileServer(CONTENT, { status: 404 });
  const path = target();
  const refused = await userError(() => download({ address, path }));
  expect(refused.facts).toMatchObject({ code: "download.refused", where: address });
  expect(refused.facts.what).toContain("404");
  const offline = await userError(() => download({ address: "http://127.0.0.1:9/a.pth", path }));
  expect(offline.facts.code).toBe("download.unreachable");
  expect(offline.message).toContain(
    `fetch http://127.0.0.1:9/a.pth on another machine and put it at ${path}`,
  );
});

it("goes through the proxy that the environment names, but for hosts that need none", async () => {
  const { address } = await fileServer(CONTENT);
  const proxy = await proxyServer();
  vi.stubEnv("HTTP_PROXY", proxy.address);
  vi.stubEnv("NO_PROXY", undefined);
  vi.stubEnv("no_proxy", undefined);
  await download({ address, path: target(), sha256: SHA256 });
  expect(proxy.passed).toEqual([new URL(address).host]);
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  await download({ address, path: target(), sha256: SHA256 });
  expect(proxy.passed.length).toBe(1);
});
