/** @file `--preset`, of commands that write or take a configuration. */
import { Option } from "commander";
import { PRESET_NAMES } from "../training/presets.js";

export function presetOption(about: string): Option {
  return new Option("--preset <name>", about).choices(PRESET_NAMES);
}
