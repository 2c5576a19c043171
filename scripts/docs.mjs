// `npm run docs`: the API reference, from the docstrings of every export path, into docs/api.
import { install, runNode } from "./lib/setup.mjs";

install();
process.exitCode = runNode(["node_modules/typedoc/bin/typedoc"]);
