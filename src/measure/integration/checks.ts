/** All checks, in the order in which one trouble explains the next. A new one is a file of checks/ and a line here. */

import type { IntegrationCheck } from "./check.ts";
import { abortCheck } from "./checks/abort.ts";
import { contextCheck } from "./checks/context.ts";
import { glitchCheck } from "./checks/glitch-tokens.ts";
import { jsonCheck } from "./checks/json.ts";
import { liveServerCheck } from "./checks/live-server.ts";
import { loadCheck } from "./checks/load.ts";
import { memoryCheck } from "./checks/memory.ts";
import { chatPredictionCheck, rawPredictionCheck } from "./checks/prediction.ts";
import { repeatableCheck } from "./checks/repeatable.ts";
import { responseCheck } from "./checks/response.ts";
import { roundTripCheck } from "./checks/round-trip.ts";
import { templateCheck } from "./checks/template.ts";
import { tokenClassesCheck } from "./checks/token-classes.ts";

export const INTEGRATION_CHECKS: readonly IntegrationCheck[] = [
  loadCheck,
  tokenClassesCheck,
  roundTripCheck,
  templateCheck,
  responseCheck,
  repeatableCheck,
  rawPredictionCheck,
  chatPredictionCheck,
  jsonCheck,
  glitchCheck,
  contextCheck,
  abortCheck,
  liveServerCheck,
  // Last, so that its peak is that of all before.
  memoryCheck,
];
