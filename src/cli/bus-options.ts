/** @file The options of commands that work over a bus. */
import type { Command } from "commander";

export interface BusFlags {
  readonly bus: string;
  readonly credentials?: string;
  readonly insecure?: boolean;
}

/** Adds `--bus` and what goes with it. */
export function busOptions(command: Command, needed = true): Command {
  const what = "broker, nats://HOST:PORT";
  (needed ? command.requiredOption("--bus <url>", what) : command.option("--bus <url>", what))
    .option(
      "--credentials <dir>",
      "folder of a role's certificate and key, made by `collective init-security`",
    )
    .option("--insecure", "reach other machines without encryption, in a network that you trust");
  return command;
}

/** The flags as arguments for another process. */
export function busArguments({ bus, credentials, insecure }: BusFlags): string[] {
  return [
    ...["--bus", bus],
    ...(credentials === undefined ? [] : ["--credentials", credentials]),
    ...(insecure ? ["--insecure"] : []),
  ];
}
