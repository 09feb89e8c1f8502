/** A profile as a versioned document. */

import type { ModelProfile } from "../measure/index.ts";
import type { BenchMachine } from "./mining-bench-json.ts";
import { profileNotes } from "./profile-text.ts";

/** The document of `assay profile --json`. Speeds are tokens a second, sizes bytes, times seconds. */
export function profileDocument(profile: ModelProfile, machine: BenchMachine) {
  const { notes: _, ...rest } = profile;
  return { schema: 1, kind: "profile", ...rest, machine, notes: profileNotes(profile) };
}
