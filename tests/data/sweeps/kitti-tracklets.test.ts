import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { parseTracklets } from "../../../src/data/sweeps/kitti-tracklets.js";
import { type Tracklet, trackletsXml } from "../../helpers/tracklets.js";

const VAN: Tracklet = {
  ...{ type: "Van", size: [2, 1.8, 4.4], first: 3 },
  poses: [
    [10, 2, -1.7, 0.5],
    [11, 2, -1.7, 4],
  ],
};
const SITTING = {
  type: "Person (sitting)",
  size: [1.2, 0.6, 0.8],
  first: 4,
  poses: [[5, 0, -1.6, 0]],
} as const;

describe("KITTI's tracklets", () => {
  it("are boxes by frame: a place is the middle of the bottom, a thing keeps its number", () => {
    const boxes = parseTracklets(trackletsXml([VAN, SITTING]), "a.xml");
    expect([...boxes.keys()].sort()).toEqual([3, 4]);
    expect(boxes.get(3)).toEqual([
      { class: "Van", centre: [10, 2, -0.7], size: [4.4, 1.8, 2], yaw: 0.5, track: "0" },
    ]);
    expect(boxes.get(4)).toMatchObject([
      { track: "0", centre: [11, 2, -0.7], yaw: expect.closeTo(4 - 2 * Math.PI, 12) },
      { track: "1", class: "Person_sitting", size: [0.8, 0.6, 1.2] },
    ]);
    expect(parseTracklets(trackletsXml([]), "a.xml").size).toBe(0);
  });

  const sound = trackletsXml([VAN]);
  it.each([
    ["", /no sound XML|holds no/],
    ["<annotations/>", /holds no `boost_serialization` with `tracklets`/],
    [sound.slice(0, -40), /no sound XML/],
    [sound.replace("Van", "Ship"), /object 0.*no class that is known.*Ship/s],
    [sound.replace("<h>2</h>", ""), /object 0.*`h` is no number.*nothing/s],
    [sound.replace("<tz>-1.7</tz>", "<tz>low</tz>"), /object 0, pose 0.*`tz` is no number.*low/s],
    [sound.replace("<first_frame>3", "<first_frame>3.5"), /`first_frame` is no whole number/],
  ])("name what is wrong (%#)", (text, message) => {
    const reading = () => parseTracklets(text, "a.xml");
    expect(reading).toThrow(UserError);
    expect(reading).toThrow(message);
    expect(reading).toThrow(/a\.xml/);
  });

  it("are read from any text as what it is", () => {
    const damaged = fc
      .tuple(fc.nat(sound.length), fc.nat(20), fc.string())
      .map(([at, cut, more]) => sound.slice(0, at) + more + sound.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(fc.string(), damaged), (text) => {
        try {
          expect(parseTracklets(text, "a.xml")).toBeInstanceOf(Map);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });
});
