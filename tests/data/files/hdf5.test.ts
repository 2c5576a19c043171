import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { openHdf5 } from "../../../src/data/files/hdf5.js";
import { temporaryFolder, userError } from "../../helpers/dataset.js";
import { golden } from "../formats/cases.js";

const whole = Buffer.from(golden.nyu.frames, "base64");

async function writeTemporary(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), "x.mat");
  await writeFile(path, bytes);
  return path;
}

describe("openHdf5", () => {
  it("reads entries of what h5py wrote behind MATLAB's header", async () => {
    const file = await openHdf5(await writeTemporary(whole));
    expect(file.names).toEqual(["depths", "images", "labels"]);
    const [height, width] = golden.nyu.size;
    const labels = file.array("labels");
    expect(labels.shape).toEqual([4, width, height]);
    const turned = golden.nyu.labels[2];
    const columns = Array.from(
      { length: width * height },
      (_, i) => turned[(i % height) * width + Math.floor(i / height)],
    );
    expect([...(labels.entry(2) as Uint16Array)]).toEqual(columns);
  });

  it("refuses what is no HDF5 file, cut ones, and arrays and entries that are not there", async () => {
    const other = await writeTemporary(Buffer.from("nothing"));
    expect((await userError(() => openHdf5(other))).facts).toMatchObject({
      code: "data.bad-hdf5",
      where: other,
    });
    const cut = await writeTemporary(whole.subarray(0, 1500));
    expect((await userError(() => openHdf5(cut))).facts).toMatchObject({
      code: "data.bad-hdf5",
      got: expect.stringContaining("truncated file"),
    });
    expect((await userError(() => openHdf5(`${cut}.none`))).facts.code).toBe("data.missing-file");
    const path = await writeTemporary(whole);
    const file = await openHdf5(path);
    const none = await userError(() => file.array("normals"));
    expect(none.facts).toMatchObject({ where: `${path}: normals`, expected: "depths, images, labels" });
    expect((await userError(() => file.array("labels").entry(4))).facts.code).toBe("data.bad-hdf5");
  });

  it("throws nothing but UserError on damaged files", async () => {
    const path = await writeTemporary(whole);
    const edits = fc.array(fc.tuple(fc.integer({ min: 512, max: whole.length - 1 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of list) bytes[at] = value;
        await writeFile(path, bytes);
        try {
          const file = await openHdf5(path);
          for (const name of file.names) file.array(name).entry(0);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
