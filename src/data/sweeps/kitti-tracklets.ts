/**
 * @file Boxes of KITTI's raw drives (Geiger et al. 2013): `tracklet_labels.xml`, things that have one size
 * and a place in each of several frames, in the LiDAR's coordinates.
 */
import { SaxesParser } from "saxes";
import { UserError } from "../../common/errors.js";
import { wrapAngle } from "../../geometry/boxes/box.js";
import { KITTI_CLASSES } from "./kitti-boxes.js";
import type { SweepBox } from "./source.js";

const ROOT = "boost_serialization/tracklets";
const THING = `${ROOT}/item`;
const PLACE = `${THING}/poses/item`;
/** Numbers of a thing, and of its place: the middle of its bottom, and its turn about the vertical axis. */
const SIZES = ["h", "w", "l", "first_frame"] as const;
const PLACES = ["tx", "ty", "tz", "rz"] as const;

/** Text of the elements below the element at hand. */
type Texts = Record<string, string>;

function bad(where: string, what: string, got?: string): UserError {
  return new UserError({ code: "data.bad-tracklets", what, where, got });
}

function numbersOf<K extends string>(texts: Texts, keys: readonly K[], where: string): Record<K, number> {
  const entries = keys.map((key) => {
    const value = Number(texts[key]);
    if (texts[key]?.trim() && Number.isFinite(value)) return [key, value];
    throw bad(where, `\`${key}\` is no number`, texts[key] ?? "nothing");
  });
  return Object.fromEntries(entries) as Record<K, number>;
}

/** The boxes of one thing by frame. */
function boxesOf(thing: Texts, places: readonly Texts[], track: number, file: string) {
  const where = `${file}: object ${track}`;
  const name = (thing.objectType ?? "").trim();
  const known = name === "Person (sitting)" ? "Person_sitting" : name;
  if (!KITTI_CLASSES.includes(known)) throw bad(where, "an object is of no class that is known", name);
  const { h, w, l, first_frame: first } = numbersOf(thing, SIZES, where);
  if (!Number.isInteger(first)) throw bad(where, "`first_frame` is no whole number", String(first));
  return places.map((texts, i): readonly [frame: number, box: SweepBox] => {
    const { tx, ty, tz, rz } = numbersOf(texts, PLACES, `${where}, pose ${i}`);
    const box = { centre: [tx, ty, tz + h / 2], size: [l, w, h], yaw: wrapAngle(rz) } as const;
    return [first + i, { class: known, ...box, track: String(track) }];
  });
}

/** The boxes of each frame. Throws UserError naming the object that is damaged. */
export function parseTracklets(text: string, where: string): ReadonlyMap<number, readonly SweepBox[]> {
  const boxes = new Map<number, SweepBox[]>();
  const open: string[] = [];
  let [thing, place, content, track]: [Texts, Texts, string, number] = [{}, {}, "", 0];
  let places: Texts[] = [];
  let rooted = false;
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw bad(where, "this is no sound XML", error.message);
  });
  parser.on("opentag", ({ name }) => {
    open.push(name);
    content = "";
    const path = open.join("/");
    if (path === ROOT) rooted = true;
    if (path === THING) [thing, places] = [{}, []];
    if (path === PLACE) place = {};
  });
  parser.on("text", (more) => {
    content += more;
  });
  parser.on("closetag", ({ name }) => {
    const path = open.join("/");
    open.pop();
    const parent = open.join("/");
    if (parent === THING) thing[name] = content;
    if (parent === PLACE) place[name] = content;
    if (path === PLACE) places.push(place);
    if (path !== THING) return;
    for (const [frame, box] of boxesOf(thing, places, track, where)) {
      boxes.set(frame, [...(boxes.get(frame) ?? []), box]);
    }
    track++;
  });
  parser.write(text).close();
  if (rooted) return boxes;
  throw bad(where, `the file holds no \`${ROOT.replace("/", "` with `")}\``);
}
