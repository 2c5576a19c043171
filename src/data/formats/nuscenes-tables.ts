/** @file The tables of nuScenes (Caesar et al. 2020): JSON files of rows that name one another by tokens. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { RigidMotion } from "../../geometry/rigid.js";
import { rotationOfQuaternion } from "../../geometry/rotation.js";
import { readText } from "../files/bytes.js";

const vector = z.tuple([z.number(), z.number(), z.number()]);
const placed = z.object({ token: z.string(), translation: vector, rotation: z.array(z.number()).length(4) });
const token = z.object({ token: z.string() });
const TABLES = {
  scene: token.extend({ name: z.string() }),
  sample: token.extend({ scene_token: z.string(), timestamp: z.number() }),
  sample_data: token.extend({
    ...{ sample_token: z.string(), ego_pose_token: z.string(), calibrated_sensor_token: z.string() },
    ...{ filename: z.string(), is_key_frame: z.boolean() },
    ...{ width: z.number().optional(), height: z.number().optional() },
  }),
  ego_pose: placed,
  calibrated_sensor: placed.extend({
    sensor_token: z.string(),
    camera_intrinsic: z.array(z.array(z.number())).optional(),
  }),
  sensor: token.extend({ channel: z.string() }),
  sample_annotation: placed.extend({
    ...{ sample_token: z.string(), instance_token: z.string(), size: vector },
    num_lidar_pts: z.int().optional(),
  }),
  instance: token.extend({ category_token: z.string() }),
  category: token.extend({ name: z.string() }),
} as const;
export type Row<T extends keyof typeof TABLES> = z.output<(typeof TABLES)[T]>;

/** The rows of a table's file by their tokens. Throws UserError naming file and key. */
export function parseTable<T extends keyof typeof TABLES>(
  text: string,
  name: T,
  where: string,
): Map<string, Row<T>> {
  const refuse = (got: string) =>
    new UserError({ code: "data.bad-table", what: "this is no table of nuScenes", where, got });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
  const parsed = z.array(TABLES[name]).safeParse(value);
  if (parsed.success) return new Map((parsed.data as Row<T>[]).map((row) => [row.token, row]));
  const [issue] = parsed.error.issues;
  throw refuse(`\`${issue.path.join(".")}\`: ${issue.message}`);
}

type TableName = keyof typeof TABLES;

/** All tables of a version. */
export interface NuscenesTables {
  readonly folder: string;
  readonly rows: { readonly [T in TableName]: ReadonlyMap<string, Row<T>> };
}

/** Reads them. Throws UserError where one is missing or damaged. */
export async function readTables(folder: string): Promise<NuscenesTables> {
  const rows: Partial<Record<TableName, unknown>> = {};
  for (const name of Object.keys(TABLES) as TableName[]) {
    const where = join(folder, `${name}.json`);
    rows[name] = parseTable(await readText(where), name, where);
  }
  return { folder, rows: rows as NuscenesTables["rows"] };
}

/** The row of that token. Throws UserError where the table lacks it. */
export function rowOf<T extends TableName>({ folder, rows }: NuscenesTables, name: T, key: string): Row<T> {
  const row = rows[name].get(key);
  if (row !== undefined) return row;
  throw new UserError({ code: "data.bad-table", what: `${name} has no row ${key}`, where: folder });
}

/** From what is placed so to where it is placed. */
export const rigidOf = ({ rotation: [w, x, y, z], translation }: z.output<typeof placed>): RigidMotion => ({
  rotation: rotationOfQuaternion([w, x, y, z]),
  translation,
});
