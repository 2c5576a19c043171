// Writes docs/config.schema.json from the schema that configurations are checked with, and
// docs/configuration.md from that. Needs the build.
import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../dist/training/index.js";
import { configReference } from "./lib/config-reference.mjs";

const schema = configJsonSchema();
const docs = new URL("../docs/", import.meta.url);
writeFileSync(new URL("config.schema.json", docs), `${JSON.stringify(schema, null, 2)}\n`);
writeFileSync(new URL("configuration.md", docs), configReference(schema));
