/** @file Label files of KITTI's raw drives. */

export interface Tracklet {
  readonly type: string;
  /** Height, width and length. */
  readonly size: readonly [number, number, number];
  readonly first: number;
  /** tx, ty, tz and rz of each frame. */
  readonly poses: readonly (readonly [number, number, number, number])[];
}

/** tracklet_labels.xml as the benchmark's tool writes it. */
export function trackletsXml(tracklets: readonly Tracklet[]): string {
  const items = tracklets.map(({ type, size: [h, w, l], first, poses }) => {
    const places = poses.map(
      ([tx, ty, tz, rz]) =>
        `<item class_id="3" tracking_level="0" version="2"><tx>${tx}</tx><ty>${ty}</ty><tz>${tz}</tz>` +
        `<rx>0</rx><ry>0</ry><rz>${rz}</rz><state>1</state><occlusion>0</occlusion></item>`,
    );
    return `<item class_id="1" tracking_level="0" version="1">
      <objectType>${type}</objectType><h>${h}</h><w>${w}</w><l>${l}</l><first_frame>${first}</first_frame>
      <poses class_id="2" tracking_level="0" version="0"><count>${poses.length}</count>
        <item_version>2</item_version>${places.join("\n")}
      </poses><finished>1</finished></item>`;
  });
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<!DOCTYPE boost_serialization>
<boost_serialization signature="serialization::archive" version="9">
<tracklets class_id="0" tracking_level="0" version="0">
  <count>${tracklets.length}</count><item_version>1</item_version>
  ${items.join("\n")}
</tracklets>
</boost_serialization>
`;
}
