import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

let project: string;
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const paths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
const run = (command: string, args: readonly string[], cwd: string) =>
  execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "taskloom-package-"));
  run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project], process.cwd());
  const [tarball] = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`], project);
}, 240_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

test("`npx taskloom doctor` runs in a project that installed the package", () => {
  const report = JSON.parse(run("npx", ["taskloom", "doctor", "--json"], project)) as {
    onnxruntime: { installed: boolean };
    providers: { name: string; works: boolean }[];
  };
  expect(report.onnxruntime.installed).toBe(true);
  expect(report.providers).toContainEqual({ name: "cpu", works: true });
});

test("every export path resolves", () => {
  const program = paths
    .map(
      (path) =>
        `if (Object.keys(await import("taskloom${path.slice(1)}")).length === 0) throw new Error("${path}");`,
    )
    .join("\n");
  run(process.execPath, ["--input-type=module", "-e", program], project);
});

test("every export path carries types", () => {
  const imports = paths.map((path, i) => `import * as m${i} from "taskloom${path.slice(1)}";`).join("\n");
  const uses = `
import { type TrainOptions, train } from "taskloom";
import { input, type Tensor } from "taskloom/graph";
const options: TrainOptions | undefined = undefined;
const x: Tensor = input("x", [1, 2]);
// @ts-expect-error: the shape is a list of numbers.
input("x", "1x2");
console.log(options, x, train, ${paths.map((_, i) => `m${i}`).join(", ")});
`;
  writeFileSync(join(project, "use.ts"), imports + uses);
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
  const options = [
    "--strict",
    "--noEmit",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2023,dom",
  ];
  run(process.execPath, [tsc, ...options, ...types, "--skipLibCheck", "use.ts"], project);
});

test("without ONNX Runtime, doctor says how to add it", () => {
  rmSync(join(project, "node_modules", "onnxruntime-node"), { recursive: true, force: true });
  const text = run("npx", ["taskloom", "doctor"], project);
  expect(text).toMatch(/not installed\..*npm install onnxruntime-node/);
});
