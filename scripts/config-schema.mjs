// Writes docs/config.schema.json from the schema that configurations are checked with. Needs the build.
import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../dist/training/index.js";

writeFileSync(
  new URL("../docs/config.schema.json", import.meta.url),
  `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
);
