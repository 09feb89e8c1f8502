import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeOutputFile } from "./output-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-output-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("does not begin what the disk cannot hold", async () => {
  const write = writeOutputFile(join(folder, "huge"), { expectedBytes: 1e18 }, () =>
    expect.fail("must not be called"),
  );
  await expect(write).rejects.toMatchObject({
    code: "DISK_FULL",
    message: expect.stringContaining("GiB free"),
  });
});

it("names a full disk that shows itself while writing", async () => {
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const write = writeOutputFile(join(folder, "late"), { expectedBytes: 1 }, async (temporary) => {
    await writeFile(temporary, "half of it");
    throw full;
  });
  await expect(write).rejects.toMatchObject({ code: "DISK_FULL", cause: full });
  expect(await readdir(folder)).toEqual([]);
});

it("refuses a folder that is not there", async () => {
  const write = writeOutputFile(join(folder, "none", "file"), { expectedBytes: 1 }, async () => undefined);
  await expect(write).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
});

it("clears away what killed processes left, not what others are writing", async () => {
  // 2^22 is above Linux' largest process id; the parent is alive.
  const dead = join(folder, `file.partial-${2 ** 22 + 1}`);
  const alive = join(folder, `file.partial-${process.ppid}`);
  await writeFile(dead, "");
  await writeFile(alive, "");
  await writeOutputFile(join(folder, "file"), { expectedBytes: 3 }, (temporary) =>
    writeFile(temporary, "new"),
  );
  expect(await readFile(join(folder, "file"), "utf8")).toBe("new");
  expect((await readdir(folder)).toSorted()).toEqual(["file", `file.partial-${process.ppid}`]);
});
