/**
 * node --import tsx scripts/health-study.ts [--seeds N] FILE.gguf TRUTH.json [FILE.gguf TRUTH.json ...]
 *
 * Rank correlation of token health, of its two ingredients, of the other figures from the weights and of
 * one probe with what training really saw: the table in docs/health.md. Scores only; nothing learns from it.
 */

import { chatFrame, openLocalModel } from "../src/engine/index.ts";
import {
  chooseTemplates,
  classifyVocabulary,
  compileTemplates,
  type IndicatorTable,
  indicatorColumns,
  measureHealth,
  rankCorrelation,
  readIndicators,
  readTruth,
} from "../src/glitch/index.ts";
import { loadLibrary } from "../src/llama/index.ts";
import { readGguf } from "../src/models/index.ts";

const words = process.argv.slice(2);
const seeds = words[0] === "--seeds" ? Number(words.splice(0, 2)[1]) : 1;
if (words.length === 0 || words.length % 2 > 0 || !(seeds >= 1))
  throw new Error("usage: health-study.ts [--seeds N] FILE.gguf TRUTH.json [FILE.gguf TRUTH.json ...]");

/** Correlations with count, with count among trained tokens, with copied. */
type Scores = readonly [count: number, trained: number, copied: number];
const found = new Map<string, Scores[]>();

for (let at = 0; at < words.length; at += 2) await study(words[at]!, words[at + 1]!);

const columns = words.filter((_, at) => at % 2 === 0);
console.log(`\n${columns.join(" ")}: mean, then each`);
for (const [which, of] of ["count", "count of trained tokens", "copied"].entries()) {
  console.log(`\nrank correlation with ${of}`);
  for (const [name, scores] of found) {
    const values = scores.map((score) => score[which]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const range = `[${Math.min(...values).toFixed(3)}, ${Math.max(...values).toFixed(3)}]`;
    console.log(
      `${name.padEnd(28)} ${mean.toFixed(3)} ${range}  ${values.map((v) => v.toFixed(3)).join(" ")}`,
    );
  }
}

async function study(file: string, truthFile: string): Promise<void> {
  const model = await openLocalModel({
    path: file,
    gpu: "off",
    threads: 1,
    stepMs: Number.POSITIVE_INFINITY,
    keepTokens: 0,
  });
  const gguf = await readGguf(file);
  const truth = new Map((await readTruth(truthFile)).tokens.map((token) => [token.id, token]));
  const { candidates } = await classifyVocabulary(model);
  const trained = candidates.filter((id) => truth.get(id)!.count > 0);
  const score = (values: ArrayLike<number>): Scores => {
    const correlate = (ids: readonly number[], of: "count" | "copied") =>
      rankCorrelation(
        ids.map((id) => values[id]!),
        ids.map((id) => truth.get(id)![of]),
      );
    return [correlate(candidates, "count"), correlate(trained, "count"), correlate(candidates, "copied")];
  };
  const keep = (name: string, scores: Scores) => found.set(name, [...(found.get(name) ?? []), scores]);

  let table: IndicatorTable | undefined;
  const overSeeds: Scores[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const result = await measureHealth({
      model,
      seed,
      readIndicators: async (options) => {
        table ??= await readIndicators(loadLibrary({ gpu: "off" }), gguf, options);
        return table;
      },
    });
    overSeeds.push(score(result.health));
    if (seed > 0) continue;
    keep("health", overSeeds[0]!);
    for (const { id, shares } of result.ingredients) keep(id, score(shares));
  }
  for (const { name, values } of indicatorColumns(table!)) keep(name, score(values));
  keep("probe: ln p(copied)", score(await copyChances(model)));
  const counts = overSeeds.map(([count]) => count.toFixed(3));
  console.log(
    `${file}: ${candidates.length} candidates, ${trained.length} trained; by seed ${counts.join(" ")}`,
  );
  await model.close();

  async function copyChances(asked: typeof model): Promise<Float64Array> {
    const { templates } = await compileTemplates(asked, chooseTemplates(await chatFrame(asked)));
    const { prefix, tail } = templates.find(({ id }) => id === "arrow")!;
    const chances = new Float64Array(asked.info.vocabulary);
    const cases = candidates.map((id) => ({ tail: [id, ...tail], target: id }));
    for await (const { index, logp } of asked.probe(prefix, cases, { topK: 0 }))
      chances[candidates[index]!] = logp;
    return chances;
  }
}
