/**
 * npm run bench:runner [-- --json] [-- --model FILE]
 *
 * What a model in a process of its own costs, with both sides in turns:
 *
 * - tokens-per-second: 8 streams that generate, in a runner against in this process.
 * - messages-per-second: messages of 8 tokens through Node's channel, with the structured clone algorithm against
 *   with JSON.
 * - channel-per-token: the same as a time, against the hundredth of a token's time that it should be at most.
 */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type LanguageModel, openLocalModel, openRunner } from "../src/engine/index.ts";
import { middleSizedModel } from "./middle-sized-model.ts";
import { type BenchResult, printResults, spread } from "./report.ts";

const RUNS = 9;
const STREAMS = 8;
const NEW_TOKENS = 64;
const PROMPT_TOKENS = 32;
const MESSAGES = 5_000;

const results: BenchResult[] = [];
const given = process.argv.indexOf("--model");
const files = given > 0 ? [process.argv[given + 1]!] : ["models/lab-moe.gguf", await middleSizedModel()];
const channels = await channelSpeeds();
for (const file of files) await measureModel(file);
printResults("runner", results, [
  `${STREAMS} streams of ${NEW_TOKENS} tokens after ${PROMPT_TOKENS}; the process of a runner has the same threads.`,
]);

async function measureModel(path: string): Promise<void> {
  const options = { path, gpu: "off" } as const;
  const inside = await openLocalModel(options);
  const runner = await openRunner(options);
  const { name } = inside.info;
  const rates = { inside: [] as number[], runner: [] as number[] };
  for (let run = 0; run <= RUNS; run++) {
    rates.inside.push(await tokensPerSecond(inside, run));
    rates.runner.push(await tokensPerSecond(runner, run));
  }
  await runner.close();
  await inside.close();
  // The first turn of each warms up.
  const [baseline, values] = [rates.inside.slice(1), rates.runner.slice(1)];
  const ratios = values.map((value, at) => value / baseline[at]!);
  add("tokens-per-second", name, values, "tokens/s", spread(baseline).median, spread(ratios).median);
  const perToken = channels.advanced.map((perSecond) => 1e6 / perSecond / STREAMS);
  const aim = 1e4 / spread(baseline).median;
  add("channel-per-token", name, perToken, "us", aim, aim / spread(perToken).median);
}

/** Every turn has prompts of its own, so that none is in the cache. */
async function tokensPerSecond(model: LanguageModel, run: number): Promise<number> {
  const started = performance.now();
  const streams = Array.from({ length: STREAMS }, async (_, stream) => {
    const prompt = Array.from(
      { length: PROMPT_TOKENS },
      (_, at) => 300 + ((run * 7_919 + stream * 997 + at * 31) % 7_000),
    );
    let tokens = 0;
    for await (const event of model.generate({ prompt, maxTokens: NEW_TOKENS, ignoreEos: true }))
      if (event.type === "token") tokens++;
    return tokens;
  });
  const tokens = (await Promise.all(streams)).reduce((sum, count) => sum + count, 0);
  return tokens / ((performance.now() - started) / 1000);
}

async function channelSpeeds() {
  const speeds = { advanced: [] as number[], json: [] as number[] };
  for (let run = 0; run <= RUNS; run++)
    for (const kind of ["advanced", "json"] as const) speeds[kind].push(await messagesPerSecond(kind));
  const [advanced, json] = [speeds.advanced.slice(1), speeds.json.slice(1)];
  const ratios = advanced.map((value, at) => value / json[at]!);
  add("messages-per-second", "8 tokens each", advanced, "1/s", spread(json).median, spread(ratios).median);
  return { advanced, json };
}

async function messagesPerSecond(serialization: "advanced" | "json"): Promise<number> {
  const child = fork(fileURLToPath(new URL("./channel-child.ts", import.meta.url)), { serialization });
  let [read, started] = [0, 0];
  const ended = new Promise<void>((resolve) => {
    child.on("message", () => {
      // The first message is there when the process has started.
      if (++read === 1) started = performance.now();
      if (read === MESSAGES) resolve();
    });
  });
  child.send({ messages: MESSAGES, tokens: STREAMS });
  await ended;
  const seconds = (performance.now() - started) / 1000;
  child.disconnect();
  return (MESSAGES - 1) / seconds;
}

function add(
  name: string,
  model: string,
  values: readonly number[],
  unit: string,
  baseline: number,
  ratio: number,
): void {
  const { median, min, max } = spread(values);
  results.push({ name, model, value: median, unit, baseline, ratio, runs: values.length, min, max });
}
