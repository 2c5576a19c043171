import { OptionDefaults } from "typedoc";
import manifest from "./package.json" with { type: "json" };

/** Source of each export path. */
const entryPoints = Object.values(manifest.exports)
  .filter((path) => typeof path === "object")
  .map(({ default: path }) => path.replace("./dist", "src").replace(/\.js$/, ".ts"));

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  name: "Taskloom",
  tsconfig: "tsconfig.build.json",
  entryPoints,
  out: "docs/api",
  readme: "README.md",
  blockTags: [...OptionDefaults.blockTags, "@file"],
  disableSources: true,
  // Relative links of the README lead to files of the repository, which are not copied.
  validation: { notExported: false, invalidLink: true, rewrittenLink: true, notDocumented: false },
  treatWarningsAsErrors: true,
};
