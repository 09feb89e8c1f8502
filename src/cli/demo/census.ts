/** Step 4 of the demo: every token of the bundled model is tested, and the verdicts are held against the truth. */

import { dirname, join } from "node:path";
import type { LanguageModel } from "../../engine/index.ts";
import {
  type IndicatorTable,
  type MineResult,
  mine,
  mineSettings,
  readTruth,
  scoreAgainstTruth,
  type TruthScore,
} from "../../glitch/index.ts";
import { formatCount, formatSeconds, formatShare } from "../../report/index.ts";
import type { CliContext } from "../context.ts";
import { withStore } from "../with-store.ts";

export interface CensusFigures {
  readonly result: MineResult;
  readonly truth: TruthScore;
}

/** Runs the census as `assay mine` does, stored as a run like any other. */
export async function takeCensus(
  context: CliContext,
  model: LanguageModel,
  indicators: IndicatorTable,
): Promise<CensusFigures> {
  const { name, path = name, fingerprint, quantisation } = model.info;
  const settings = mineSettings({ seed: context.config.seed });
  const result = await withStore(context, async (store) => {
    const writer = await store.createRun({
      kind: "mine",
      model: { name, path, fingerprint, quantisation },
      settings,
    });
    try {
      return await mine({
        model,
        settings,
        writer,
        readIndicators: async () => indicators,
        signal: context.signal,
        onEvent: context.terminal.onEvent,
      });
    } finally {
      await writer.close();
    }
  });
  const truth = scoreAgainstTruth(result.tokens, await readTruth(join(dirname(path), `${name}.truth.json`)));
  return { result, truth };
}

export function describeCensus({ result, truth }: CensusFigures): string[] {
  const { counts, probes, seconds } = result;
  const never = truth.grades.filter(({ grade }) => grade.startsWith("never seen"));
  const total = never.reduce((sum, { tokens }) => sum + tokens, 0);
  const found = never.reduce((sum, { glitch }) => sum + glitch, 0);
  const lines = [
    `${formatCount(counts.tested)} tokens tested with ${formatCount(probes)} probes in ${formatSeconds(seconds)}: ` +
      `${formatCount(counts.glitch)} glitch tokens, ${formatCount(counts.uncertain)} uncertain.`,
    `Known truth: ${formatCount(total)} tokens were never trained, ${formatCount(found)} of them found ` +
      `(recall ${formatShare(truth.recall ?? Number.NaN)}); ` +
      `${formatShare(truth.falseShare ?? Number.NaN)} of the well-trained tokens were called glitches.`,
  ];
  return lines;
}
