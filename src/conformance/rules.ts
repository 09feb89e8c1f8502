/** All rules, in the order in which one trouble explains the next. A new one is data in a file of rules/. */

import { BUDGET_RULES } from "./rules/budget.ts";
import { DISCONNECT_RULES } from "./rules/disconnect.ts";
import { ERROR_RULES } from "./rules/errors.ts";
import { JSON_RULES } from "./rules/json.ts";
import { LOGPROB_RULES } from "./rules/logprobs.ts";
import { MESSAGE_RULES } from "./rules/messages.ts";
import { MODEL_RULES } from "./rules/models.ts";
import { REPLY_RULES } from "./rules/reply.ts";
import { RESPONSES_RULES } from "./rules/responses.ts";
import { RESPONSES_STREAM_RULES } from "./rules/responses-stream.ts";
import { STREAM_RULES } from "./rules/stream.ts";
import { TOOL_STREAM_RULES } from "./rules/tool-stream.ts";
import { TOOL_RULES } from "./rules/tools.ts";
import type { WireRule } from "./wire-rule.ts";

export const WIRE_RULES: readonly WireRule[] = [
  ...MODEL_RULES,
  ...REPLY_RULES,
  ...MESSAGE_RULES,
  ...STREAM_RULES,
  ...TOOL_RULES,
  ...TOOL_STREAM_RULES,
  ...JSON_RULES,
  ...LOGPROB_RULES,
  ...ERROR_RULES,
  ...RESPONSES_RULES,
  ...RESPONSES_STREAM_RULES,
  // Last: what they leave behind may slow down what comes after.
  ...BUDGET_RULES,
  ...DISCONNECT_RULES,
];
