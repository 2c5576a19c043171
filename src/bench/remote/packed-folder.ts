/** @file A folder as bytes: the length of a JSON index of paths and sizes (u32), the index, the files. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";

const indexSchema = z.array(z.object({ path: z.string().min(1), bytes: z.int().nonnegative() }));

/** Locks and what killed writers left stay where they are. */
const isOwn = (path: string): boolean => !/(^|\/)\.lock|\.tmp$/.test(path);

/** Packs all files of a folder. */
export async function packFolder(folder: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter(isOwn)
    .sort();
  const files = await Promise.all(paths.map((path) => readFile(join(folder, path))));
  const index = Buffer.from(JSON.stringify(paths.map((path, i) => ({ path, bytes: files[i].length }))));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return Buffer.concat([length, index, ...files]);
}

/** Replaces a folder by a packed one. Throws UserError where it is damaged or a path leads elsewhere. */
export async function unpackFolder(bytes: Uint8Array, folder: string): Promise<void> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = filesIn(all, folder);
  await rm(folder, { recursive: true, force: true });
  for (const { path, content } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

function filesIn(all: Buffer, where: string): { path: string; content: Buffer }[] {
  const damaged = (what: string) =>
    new UserError({ code: "bench.damaged-folder", where, what: `the run that came over the bus ${what}` });
  const length = all.length < 4 ? Number.POSITIVE_INFINITY : all.readUInt32LE(0);
  if (length > all.length - 4) throw damaged("is cut short");
  let index: z.infer<typeof indexSchema>;
  try {
    index = indexSchema.parse(JSON.parse(all.subarray(4, 4 + length).toString("utf8")));
  } catch {
    throw damaged("has a damaged index");
  }
  let end = 4 + length;
  const files = index.map(({ path, bytes }) => {
    const parts = path.split("/");
    if (path.includes("\\") || path.startsWith("/") || parts.some((part) => ["", ".", ".."].includes(part))) {
      throw damaged(`has a file that leads elsewhere: ${path}`);
    }
    const content = all.subarray(end, end + bytes);
    end += bytes;
    return { path, content };
  });
  if (end !== all.length) throw damaged("has another length than its index says");
  return files;
}
