/** A whole mine without a file: a scripted model, its weights and glitch ids, a run in memory. For tests. */

import type { LanguageModel } from "../engine/index.ts";
import { createScriptedModel, type ScriptedModelOptions } from "../engine/scripted-model.ts";
import { toyVocabulary } from "../engine/scripted-vocabulary.ts";
import {
  type IndicatorTable,
  measureIndicators,
  type ReadIndicatorsOptions,
} from "../glitch/indicators/indicators.ts";
import type { RowSource } from "../glitch/indicators/matrix-figures.ts";
import { mine } from "../glitch/mine/mine.ts";
import type { MineOptions } from "../glitch/mine/mine-options.ts";
import { type MineWishes, mineSettings } from "../glitch/mine/mine-settings.ts";
import { seededOrder } from "../glitch/seeded.ts";
import { createRandom } from "../random.ts";
import { createMemoryRun } from "./memory-run.ts";

/** Some normal ids of the toy vocabulary, ascending. */
export function toyGlitches(count = 12, seed = 1): number[] {
  const words = toyVocabulary().flatMap(({ text, kind, bytes }, id) =>
    !kind && !bytes && /^ ?\p{L}{2,}$/u.test(text) ? [id] : [],
  );
  const reachable = words.filter((id) => id !== toyVocabulary().length - 1);
  return seededOrder(reachable, seed, "toy-glitches")
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** A matrix with given rows. */
export function rowSource(rows: readonly Float32Array[], rowsPerChunk = 100): RowSource {
  const columns = rows[0]?.length ?? 0;
  return {
    rows: rows.length,
    columns,
    async *stream() {
      for (let first = 0; first < rows.length; first += rowsPerChunk) {
        const chunk = rows.slice(first, first + rowsPerChunk);
        const data = new Float32Array(chunk.length * columns);
        chunk.forEach((row, index) => {
          data.set(row, index * columns);
        });
        yield { first, rows: chunk.length, data };
      }
    },
  };
}

/** Random rows, those of glitch and unused ids small and in one direction, as training leaves them. */
export function scriptedIndicators(model: LanguageModel, glitches: readonly number[]) {
  return (options: ReadIndicatorsOptions): Promise<IndicatorTable> => {
    const random = createRandom(5);
    const near = new Set([...glitches, ...options.unused]);
    const matrix = () =>
      Array.from({ length: model.info.vocabulary }, (_, id) =>
        Float32Array.from({ length: 96 }, (_, column) =>
          near.has(id) ? 0.05 * (random() - 0.5) + (column % 2 ? 0.05 : -0.05) : random() - 0.5,
        ),
      );
    return measureIndicators(rowSource(matrix()), rowSource(matrix()), options);
  };
}

/** One run over a scripted model; `go()` begins it or goes on with it. */
export function scriptedMine(
  wishes: MineWishes = {},
  script: ScriptedModelOptions = { glitches: toyGlitches() },
) {
  const model = createScriptedModel(script);
  // Without glitch ids the weights still point at some, as weights that lie do.
  const pointedAt = [...(script.glitches ?? toyGlitches())];
  const settings = mineSettings({ controls: 64, ...wishes });
  const run = createMemoryRun({ kind: "mine", settings });
  const go = (more: Partial<MineOptions> = {}) =>
    mine({
      model,
      settings,
      writer: run.writer(),
      stored: run.rows(),
      readIndicators: scriptedIndicators(model, pointedAt),
      ...more,
    });
  return { model, settings, run, go };
}
