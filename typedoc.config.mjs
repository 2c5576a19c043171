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
  readme: "docs/library.md",
  blockTags: [...OptionDefaults.blockTags, "@file"],
  disableSources: true,
  // Types that only stand in the signatures of others are shown there.
  validation: { notExported: false },
  treatWarningsAsErrors: true,
};
