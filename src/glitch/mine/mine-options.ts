/** What a mine is given: the model, the settings it is stored under, and ways to read, keep, tell and stop. */

import type { LanguageModel } from "../../engine/index.ts";
import type { EventSink } from "../../events.ts";
import type { PageRow, RunWriter } from "../../store/index.ts";
import type { IndicatorTable, ReadIndicatorsOptions } from "../indicators/indicators.ts";
import type { MineSettings } from "./mine-settings.ts";

export interface MineOptions {
  model: LanguageModel;
  settings: MineSettings;
  /** The right to write to this mine's run; closed by the caller. */
  writer: RunWriter;
  /** Rows of earlier sittings, as the store gives them. @default none: a new run */
  stored?: readonly PageRow[];
  /** Measures the weights, e.g. `(o) => readIndicators(library, gguf, o)`. Without it the order is random. */
  readIndicators?: (options: ReadIndicatorsOptions) => Promise<IndicatorTable>;
  signal?: AbortSignal | undefined;
  onEvent?: EventSink;
  /** List untested tokens in the document too. @default false */
  everyToken?: boolean;
  /** Milliseconds, for times only. @default performance.now */
  now?: () => number;
}
