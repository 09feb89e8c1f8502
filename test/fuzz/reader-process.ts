/** The child of run-reader.ts: one case a message. Only here the meter counts, and only this process can die. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installAllocationMeter } from "./allocation-meter.ts";
import type { ReaderCase, ReaderReply } from "./run-reader.ts";

const meter = installAllocationMeter();
// Before the readers are imported: some keep the constructors.
const { READERS } = await import("./readers.ts");
const { ERROR_CODES, isAppError } = await import("../../src/errors.ts");
const folder = process.argv[2]!;

process.on("message", async ({ reader, files }: ReaderCase) => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  meter.reset();
  const begun = performance.now();
  let outcome: Pick<ReaderReply, "kind" | "what">;
  try {
    await READERS[reader](folder);
    outcome = { kind: "read", what: "" };
  } catch (error) {
    const isOurs = isAppError(error) && Object.hasOwn(ERROR_CODES, error.code) && error.message !== "";
    outcome = isOurs
      ? { kind: "refused", what: `${error.code}: ${error.message}` }
      : { kind: "bug", what: String((error as Error)?.stack ?? error) };
  }
  const reply: ReaderReply = { ...outcome, ...meter.read(), milliseconds: performance.now() - begun };
  process.send!(reply);
});
