import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Folders of tests that change nothing outside themselves: their files share processes and loaded modules. */
const PURE = [
  ...["common", "constraints", "data", "disk", "fields", "geometry", "graph", "methods", "models", "nn"],
  ...["report", "runs", "step", "tasks", "torch", "weighting", "worlds"],
].map((folder) => `tests/${folder}/**/*.test.ts`);
// The others of this folder replace modules or the environment, or register what a plugin brings.
const ALONE = ["batch-plan", "constraints", "published-weights", "run-options", "stand-alone", "streams"];
PURE.push(`tests/training/**/!(${ALONE.join("|")}).test.ts`);
/** Tests as on another kind of CPU replace a module, which only a process of their own lets them do. */
const asOtherCpu = process.env.TASKLOOM_TEST_BLOCK_SIZE !== undefined;
/** What another kind of CPU makes no difference to. */
const SAME_ON_ALL = asOtherCpu ? ["tests/runtime/webgpu.test.ts"] : [];

export default defineConfig({
  // As in tsconfig.json: what a plugin imports from the package is, in tests, the code that is tested.
  resolve: {
    alias: [
      { find: /^taskloom\/(\w+)$/, replacement: fileURLToPath(new URL("src/$1/index.ts", import.meta.url)) },
    ],
  },
  test: {
    globalSetup: ["tests/global-setup.ts"],
    setupFiles: asOtherCpu ? ["tests/block-size-setup.ts"] : [],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      { extends: true, test: { name: "pure", include: PURE, isolate: asOtherCpu } },
      // Each file in its own process: command lines change its folder, ONNX Runtime keeps one thread pool in it.
      {
        extends: true,
        test: { name: "apart", include: ["tests/**/*.test.ts"], exclude: [...PURE, ...SAME_ON_ALL] },
      },
    ],
  },
});
