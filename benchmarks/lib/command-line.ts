/** @file Runs the program's own command line. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const COMMAND = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** What `taskloom <args>` prints. Its notes go to stderr. Rejects where it ends with another code than 0. */
export async function taskloom(args: readonly string[], quiet = false): Promise<string> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ["ignore", "pipe", quiet ? "pipe" : "inherit"],
  });
  let out = "";
  let notes = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    notes += chunk.toString();
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) throw new Error(`taskloom ${args.join(" ")} ended with ${code}\n${notes}`.trimEnd());
  return out;
}
