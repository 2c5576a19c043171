import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { completionScript, placesOf } from "../../src/cli/commands/completion.js";
import { buildProgram } from "../../src/cli/main.js";
import { typedCommand } from "../../src/cli/typed.js";

/** What bash offers behind these words. */
function offered(...words: string[]): string[] {
  const line = ["taskloom", ...words];
  const script = `${completionScript("bash", buildProgram())}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${line.length - 1}; _taskloom; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

describe("completion in bash", () => {
  it.each([
    [["tr"], ["train", "trainer"]],
    [["data", "im"], ["import"]],
    [["train", "config.yaml", "--pre"], ["--preset"]],
    [["--plugin", "mine.mjs", "export", "runs/first", "--int"], ["--int8"]],
  ])("%j", (words, expected) => {
    expect(offered(...words)).toEqual(expect.arrayContaining(expected));
    const last = words.at(-1)!;
    expect(offered(...words).every((each) => each.startsWith(last))).toBe(true);
  });
});

it("knows every command in every shell", () => {
  const places = placesOf(buildProgram());
  expect(places.map(({ words }) => words.join(" "))).toEqual(
    expect.arrayContaining(["", "train", "data import", "collective train"]),
  );
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = completionScript(shell, buildProgram());
    for (const { next } of places) expect(script).toContain(next.join(" "));
  }
});

describe("a command line as typed", () => {
  afterEach(() => vi.unstubAllEnvs());
  it("is begun as this one was, with words that shells take whole", () => {
    vi.stubEnv("npm_command", undefined);
    expect(typedCommand(["train", "runs/my first/it's.yaml"])).toBe(
      "taskloom train 'runs/my first/it'\\''s.yaml'",
    );
    vi.stubEnv("npm_command", "exec");
    expect(typedCommand(["train", "a.yaml"])).toBe("npx taskloom train a.yaml");
  });
});
