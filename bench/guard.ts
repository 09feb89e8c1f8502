/**
 * npm run bench:guard [-- --json]
 *
 * A megabyte through the guard, against the aim of one second each: scanning it, rewriting it where one token in
 * twenty is banned, and the worst case in which every token is. The text is words of lab-moe's own vocabulary,
 * tokenised by llama.cpp; what that takes is shown beside it.
 */

import { openLocalModel } from "../src/engine/index.ts";
import { classifyVocabulary, createGuard, guardVocabulary, pieceScores } from "../src/glitch/index.ts";
import { readGguf } from "../src/models/index.ts";
import { createRandom } from "../src/random.ts";
import { type BenchResult, printResults, timed } from "./report.ts";

const RUNS = 9;
const AIM_SECONDS = 1;
const BYTES = 1_000_000;
const PATH = "models/lab-moe.gguf";

const model = await openLocalModel({ path: PATH, gpu: "off" });
const { classes, candidates, texts } = await classifyVocabulary(model);
const vocabulary = guardVocabulary(model, { classes }, pieceScores(await readGguf(PATH)));
const random = createRandom(1);
let text = "";
while (text.length < BYTES) text += texts[candidates[Math.floor(random() * candidates.length)]!];
text = Buffer.from(text).subarray(0, BYTES).toString();

const seconds = {
  tokenise: [] as number[],
  build: [] as number[],
  scan: [] as number[],
  some: [] as number[],
  all: [] as number[],
};
const timeOf = async <T>(list: number[], work: () => T | Promise<T>): Promise<T> => {
  const started = performance.now();
  const result = await work();
  list.push((performance.now() - started) / 1000);
  return result;
};
let ids: readonly number[] = [];
let rewritten = 0;
for (let run = 0; run < RUNS + 1; run++) {
  ids = await timeOf(seconds.tokenise, () => model.tokenize(text));
  const some = candidates.filter((_, index) => index % 20 === 0);
  // Single characters stay allowed: something has to be left to write in.
  const all = candidates.filter((id) => [...texts[id]!].length > 1);
  const guard = await timeOf(seconds.build, () => createGuard({ vocabulary, banned: some }));
  await timeOf(seconds.scan, () => guard.scan(ids));
  const { replaced } = await timeOf(seconds.some, () => guard.rewrite(ids));
  rewritten = replaced.length;
  const strict = createGuard({ vocabulary, banned: all });
  await timeOf(seconds.all, () => strict.rewrite(ids));
}
await model.close();

// The first run of each warms up.
const result = (name: string, list: readonly number[]): BenchResult =>
  timed(name, "lab-moe's vocabulary, 1 MB", list.slice(1), AIM_SECONDS);
printResults(
  "guard",
  [
    result("rewrite, one token in twenty banned", seconds.some),
    result("rewrite, all but single characters banned", seconds.all),
    result("scan", seconds.scan),
    result("make a guard", seconds.build),
    result("tokenise, for comparison", seconds.tokenise),
  ],
  [`${ids.length} tokens, ${rewritten} stretches rewritten where one token in twenty is banned.`],
);
