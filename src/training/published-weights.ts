/** @file Weights that are named by what they are or by their address, fetched once into the cache. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { UserError } from "../common/errors.js";
import { cacheFolder } from "../disk/cache-folder.js";
import { download, sha256Of } from "../disk/download.js";
import { makeFolder } from "../disk/files.js";
import { type FolderLock, lockFolder } from "../runs/lock.js";

interface Published {
  readonly address: string;
  readonly sha256?: string;
}

const torchvision = (file: string, sha256: string): Published => ({
  address: `https://download.pytorch.org/models/${file}`,
  sha256,
});

/** torchvision's `IMAGENET1K_V1` weights; the names of its files begin their SHA-256. */
const PUBLISHED: Readonly<Record<string, Published>> = {
  "torchvision/resnet18": torchvision(
    "resnet18-f37072fd.pth",
    "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
  ),
  "torchvision/resnet34": torchvision(
    "resnet34-b627a593.pth",
    "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f",
  ),
  "torchvision/resnet50": torchvision(
    "resnet50-0676ba61.pth",
    "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
  ),
};

export const PUBLISHED_NAMES = Object.keys(PUBLISHED);

/** Whether weights are named by where they are published, not by a path. */
export function isPublished(weights: string): boolean {
  return weights in PUBLISHED || /^https?:\/\//.test(weights);
}

/** Whether a name begins as those of a publisher do: it is one of them, or misspelt. */
export function seemsPublished(weights: string): boolean {
  return PUBLISHED_NAMES.some((name) => weights.startsWith(name.slice(0, name.indexOf("/") + 1)));
}

/** `https://host/file.pth#sha256=<hex>`, the part behind `#` at will. */
function published(weights: string): Published {
  if (weights in PUBLISHED) return PUBLISHED[weights];
  const address = new URL(weights);
  const sha256 = new URLSearchParams(address.hash.slice(1)).get("sha256") ?? undefined;
  address.hash = "";
  return { address: address.href, sha256 };
}

/**
 * The file of published weights in the cache, `weights/<host>/<path>`; fetches it where it is not there.
 * @throws UserError of the download, or `weights.other-file` where what lies there is not what it should be.
 */
export async function publishedFile(weights: string, log: (message: string) => void): Promise<string> {
  const { address, sha256 } = published(weights);
  const { host, pathname } = new URL(address);
  const path = join(cacheFolder(), "weights", host.replace(":", "_"), ...pathname.split("/").filter(isPart));
  await makeFolder(dirname(path));
  const lock = await waitForLock(dirname(path), log);
  try {
    if (!existsSync(path)) {
      log(`Fetching ${address} into ${path} (once).`);
      await download({ address, sha256, path, onProgress: tenths(log) });
    }
  } finally {
    lock.release();
  }
  const got = sha256 && (await sha256Of(path));
  if (got === sha256?.toLowerCase()) return path;
  throw new UserError({
    code: "weights.other-file",
    where: path,
    what: `this is not the file of ${weights}: its SHA-256 differs`,
    expected: sha256,
    got,
    fix: `Delete it; it is then fetched again from ${address}.`,
  });
}

const isPart = (part: string): boolean => part !== "" && part !== "." && part !== "..";

/** Says each tenth of a file that is larger than a few megabytes. */
function tenths(log: (message: string) => void): (bytes: number, total: number | undefined) => void {
  let said = 0;
  return (bytes, total) => {
    if (total === undefined || total < 4e6) return;
    const tenth = Math.floor((10 * bytes) / total);
    if (tenth > said) log(`  ${10 * tenth} % of ${(total / 1e6).toFixed(0)} MB`);
    said = Math.max(said, tenth);
  };
}

/** Another run may be fetching the same file: there is nothing to do but to wait for it. */
async function waitForLock(folder: string, log: (message: string) => void): Promise<FolderLock> {
  for (let told = false; ; told = true) {
    try {
      return lockFolder(folder);
    } catch (error) {
      if (!(error instanceof UserError) || error.facts.code !== "run.locked") throw error;
      if (!told) log(`Waiting for another run that fetches weights into ${folder}.`);
      await setTimeout(500);
    }
  }
}
