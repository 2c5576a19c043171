import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

/** Sources a child process can run, compiled into `folder`: Node 20 reads no TypeScript. */
export function compileSources(folder: string): void {
  for (const part of ["common", "disk", "runs"]) {
    const target = join(folder, part);
    mkdirSync(target, { recursive: true });
    for (const name of readdirSync(`src/${part}`)) {
      if (!name.endsWith(".ts")) continue;
      const { outputText } = ts.transpileModule(readFileSync(`src/${part}/${name}`, "utf8"), {
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
        },
      });
      writeFileSync(join(target, name.replace(/\.ts$/, ".js")), outputText);
    }
  }
  cpSync("package.json", join(folder, "package.json"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
}

/** Runs a module text in a folder made by `compileSources`; its parameters begin at `process.argv[1]`. */
export function runChild(folder: string, program: string, parameters: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, ["--input-type=module", "-e", program, ...parameters], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

export function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => child.once("exit", () => done()));
}
