/**
 * npm run bench:engine [-- --json] [-- --model FILE] [-- --runs N] [-- --threads N]
 *
 * What a server's engine reaches of llama.cpp's own batched decode, without HTTP: 8 clients, prompts of 256 tokens that
 * share nothing, 64 new tokens each. Ours and the bare loop take turns in one process over the same numbers of tokens,
 * and a ratio is that of neighbours in time, so that a machine whose speed drifts favours neither.
 *
 * - serve: output tokens a second of whole requests; the baseline is the faster of llama.cpp's two kinds of cache.
 * - prompt, generation: the phases apart, answers following prompts that are in the cache.
 * - shared-prefix: the same, with 1,000 tokens of prompt in common, against 1,000 of one's own. The beginning is new
 *   in each turn, so computing it once is part of the figure.
 */

import { createBareDecode } from "../src/cli/bench/bare-decode.ts";
import { openLocalModel } from "../src/engine/index.ts";
import { loadLibrary, loadModel } from "../src/llama/index.ts";
import { createRandom } from "../src/random.ts";
import { middleSizedModel } from "./middle-sized-model.ts";
import { type BenchResult, printResults, spread } from "./report.ts";

const CLIENTS = 8;
const PROMPT = 256;
const ANSWER = 64;
const PREFIX = 1_000;
const OWN = 24;
const BATCH = 512;

const given = (flag: string) => {
  const at = process.argv.indexOf(flag);
  return at > 0 ? process.argv[at + 1] : undefined;
};
const runs = Number(given("--runs") ?? 7);
const threads = Number(given("--threads") ?? 2);
const path = given("--model") ?? (await middleSizedModel());

const random = createRandom(1);
const context = PREFIX + OWN + ANSWER;
const model = await openLocalModel({ path, threads, gpu: "off", context, cacheTokens: CLIENTS * context });
const native = await loadModel(loadLibrary({ gpu: "off" }), { path, gpuLayers: 0 });
const work = { clients: CLIENTS, promptTokens: PROMPT, newTokens: ANSWER, batch: BATCH, threads };
const bare = [true, false].map((unified) => createBareDecode(native, { ...work, unified }));

const { vocabulary, name, quantisation, parameters } = model.info;
/** Ids that stand for text, so that no prompt holds a control token. */
const ids = (count: number) =>
  Array.from({ length: count }, () => 300 + Math.floor(random() * (vocabulary - 300)));
const prompts = (own: number, shared: readonly number[] = []) =>
  Array.from({ length: CLIENTS }, () => [...shared, ...ids(own)]);

/** Seconds until all clients have their answers. */
async function serve(asked: readonly (readonly number[])[], maxTokens: number): Promise<number> {
  const started = performance.now();
  await Promise.all(
    asked.map(async (prompt, client) => {
      for await (const _ of model.generate({ prompt, maxTokens, ignoreEos: true, client: `${client}` }));
    }),
  );
  return (performance.now() - started) / 1000;
}

interface Turn {
  readonly ours: Readonly<Record<"serve" | "prompt" | "generation" | "shared" | "unshared", number>>;
  readonly bare: Readonly<Record<"serve" | "prompt" | "generation", number>>;
}

async function takeTurn(): Promise<Turn> {
  const rounds: Turn["bare"][] = [];
  for (const each of bare) {
    const { prompt, generation } = await each.round(prompts(PROMPT));
    rounds.push({ prompt, generation, serve: prompt + generation });
  }
  const whole = await serve(prompts(PROMPT), ANSWER);
  const phased = prompts(PROMPT);
  const prompt = await serve(phased, 1);
  const generation = await serve(phased, ANSWER);
  const shared = await serve(prompts(OWN, ids(PREFIX)), ANSWER);
  const unshared = await serve(prompts(PREFIX + OWN), ANSWER);
  const fastest = (phase: "serve" | "prompt" | "generation") =>
    Math.min(...rounds.map((round) => round[phase]));
  return {
    ours: { serve: whole, prompt, generation, shared, unshared },
    bare: { serve: fastest("serve"), prompt: fastest("prompt"), generation: fastest("generation") },
  };
}

await takeTurn();
const turns: Turn[] = [];
for (let run = 0; run < runs; run++) turns.push(await takeTurn());

const notes: string[] = [];
function result(what: string, tokens: number, ours: (turn: Turn) => number, other: (turn: Turn) => number) {
  const speed = spread(turns.map((turn) => tokens / ours(turn)));
  const ratio = spread(turns.map((turn) => other(turn) / ours(turn)));
  notes.push(`${what}: ratio ${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)} in ${runs} turns.`);
  const baseline = spread(turns.map((turn) => tokens / other(turn))).median;
  const { median: value, min, max } = speed;
  return { name: what, model: name, value, unit: "tokens/s", baseline, ratio: ratio.median, runs, min, max };
}
const answers = CLIENTS * ANSWER;
const results: BenchResult[] = [
  result(
    "serve",
    answers,
    ({ ours }) => ours.serve,
    ({ bare: of }) => of.serve,
  ),
  result(
    "prompt",
    CLIENTS * PROMPT,
    ({ ours }) => ours.prompt,
    ({ bare: of }) => of.prompt,
  ),
  result(
    "generation",
    answers,
    ({ ours }) => ours.generation,
    ({ bare: of }) => of.generation,
  ),
  result(
    "shared-prefix",
    answers,
    ({ ours }) => ours.shared,
    ({ ours }) => ours.unshared,
  ),
];
notes.push(`${name}: ${(parameters / 1e6).toFixed(0)}M weights, ${quantisation}, ${threads} threads.`);
native.dispose();
await model.close();
printResults("engine", results, notes);
