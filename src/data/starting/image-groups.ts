/** @file Photos that belong together: the same photo twice, or one after the other out of a video. */
import { UserError } from "../../common/errors.js";
import { readImage } from "../files/raster.js";
import { type ImageHash, imageHash, isSamePhoto, smallDifference } from "../inspection/image-hash.js";
import type { NamedFile } from "./photos.js";

/** Mean difference (of 255) of small grey pictures below which two frames follow one another. */
const CLOSE = 12;
/** Share of neighbours by name that follow one another in a video. */
const MOSTLY = 0.5;

/** `scene_0012` -> `scene_` and 12; undefined without a number at the end. */
function numbered(id: string): { readonly stem: string; readonly number: number } | undefined {
  const match = /^(.*?)(\d+)$/.exec(id);
  return match === null ? undefined : { stem: match[1], number: Number(match[2]) };
}

/** A photo with its hash; undefined where it shows too little to be compared. */
interface Seen {
  readonly id: string;
  readonly hash: ImageHash | undefined;
}

/** Sets of ids, joined pair by pair. */
class Groups {
  readonly #parent = new Map<string, string>();

  root(id: string): string {
    const parent = this.#parent.get(id) ?? id;
    if (parent === id) return id;
    const root = this.root(parent);
    this.#parent.set(id, root);
    return root;
  }

  join(a: string, b: string): void {
    this.#parent.set(this.root(b), this.root(a));
  }
}

/** Joins photos whose hashes share one of four parts and that look alike. */
function joinSame(seen: readonly Seen[], groups: Groups): number {
  const buckets = new Map<number, Seen[]>();
  let joined = 0;
  for (const photo of seen) {
    if (photo.hash === undefined) continue;
    const keys = photo.hash.bands.map((bits, band) => band * 65536 + bits);
    const others = new Set(keys.flatMap((key) => buckets.get(key) ?? []));
    for (const other of others) {
      if (groups.root(other.id) === groups.root(photo.id) || !isSamePhoto(other.hash!, photo.hash)) continue;
      groups.join(other.id, photo.id);
      joined++;
    }
    for (const key of keys) buckets.set(key, [...(buckets.get(key) ?? []), photo]);
  }
  return joined;
}

/** Numbered photos of one name whose neighbours mostly look alike, in order of their numbers. */
function videosOf(seen: readonly Seen[]): Seen[][] {
  const byStem = new Map<string, { photo: Seen; number: number }[]>();
  for (const photo of seen) {
    const name = numbered(photo.id);
    if (name === undefined) continue;
    byStem.set(name.stem, [...(byStem.get(name.stem) ?? []), { photo, number: name.number }]);
  }
  return [...byStem.values()]
    .map((frames) => frames.sort((a, b) => a.number - b.number).map(({ photo }) => photo))
    .filter((frames) => {
      if (frames.length < 3) return false;
      const close = frames.slice(1).filter(({ hash }, i) => {
        const before = frames[i].hash;
        return hash !== undefined && before !== undefined && smallDifference(before, hash) <= CLOSE;
      });
      return close.length >= MOSTLY * (frames.length - 1);
    });
}

export interface PhotoGroups {
  /** Ids that must not be parted, in the order of their first ones. */
  readonly groups: readonly (readonly string[])[];
  readonly videos: number;
  /** Photos that show what another one shows. */
  readonly duplicates: number;
  /** Photos by `widthxheight`. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Photos that cannot be read; they are in no group. */
  readonly unread: readonly { readonly id: string; readonly error: UserError }[];
}

/** Videos are cut where there are fewer than this, each into as many pieces. */
const FEW = 10;

/** Pieces of one length, as nearly as may be. */
function pieces<T>(items: readonly T[], count: number): T[][] {
  const bounds = Array.from({ length: count + 1 }, (_, i) => Math.round((i * items.length) / count));
  return bounds
    .slice(1)
    .map((end, i) => items.slice(bounds[i], end))
    .filter((piece) => piece.length > 0);
}

/**
 * Groups of photos that must lie in one split. Videos stay whole; where there are fewer than ten of them,
 * each is cut into ten pieces of frames that follow one another.
 */
export async function groupPhotos(
  photos: readonly NamedFile[],
  onProgress?: (done: number, total: number) => void,
): Promise<PhotoGroups> {
  const seen: Seen[] = [];
  const sizes: Record<string, number> = {};
  const unread: { id: string; error: UserError }[] = [];
  for (const { id, file } of photos) {
    try {
      const { data, width, height } = await readImage(file);
      sizes[`${width}x${height}`] = (sizes[`${width}x${height}`] ?? 0) + 1;
      seen.push({ id, hash: imageHash(data, width, height) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unread.push({ id, error });
    }
    onProgress?.(seen.length + unread.length, photos.length);
  }
  const joined = new Groups();
  const videos = videosOf(seen);
  const inVideo = new Set<string>();
  for (const frames of videos) {
    for (const { id } of frames) inVideo.add(id);
    for (const piece of videos.length < FEW ? pieces(frames, FEW) : [frames]) {
      for (const { id } of piece.slice(1)) joined.join(piece[0].id, id);
    }
  }
  // Frames of a video look alike over its cuts: joining them would undo those.
  const duplicates = joinSame(
    seen.filter(({ id }) => !inVideo.has(id)),
    joined,
  );
  const groups = new Map<string, string[]>();
  for (const { id } of seen) {
    const root = joined.root(id);
    groups.set(root, [...(groups.get(root) ?? []), id]);
  }
  return { groups: [...groups.values()], videos: videos.length, duplicates, sizes, unread };
}
