/** @file What the dataset.yaml of a folder says. */
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import { type DatasetDescription, parseDatasetYaml } from "./dataset-yaml.js";
import { readText } from "./files/bytes.js";
import { requireFolder } from "./listing.js";

export const YAML_NAME = "dataset.yaml";

/** Throws UserError naming the file and line, or the missing folder or file. */
export async function readDescription(root: string): Promise<DatasetDescription> {
  await requireFolder(root, `a dataset folder with ${YAML_NAME}`);
  const file = join(root, YAML_NAME);
  try {
    return parseDatasetYaml(await readText(file), file);
  } catch (error) {
    if (!(error instanceof UserError && error.facts.code === "data.missing-file")) throw error;
    throw new UserError({
      code: "data.no-dataset-yaml",
      what: `the folder has no ${YAML_NAME}`,
      where: root,
      fix: "Write one, or convert the data with `taskloom data convert`.",
    });
  }
}
