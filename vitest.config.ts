import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // As in tsconfig.json: what a plugin imports from the package is, in tests, the code that is tested.
  resolve: {
    alias: [
      { find: /^taskloom\/(\w+)$/, replacement: fileURLToPath(new URL("src/$1/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/global-setup.ts"],
    setupFiles: process.env.TASKLOOM_TEST_BLOCK_SIZE === undefined ? [] : ["tests/block-size-setup.ts"],
    // Each file in its own process: ONNX Runtime keeps one thread pool per process.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
