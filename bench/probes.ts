/**
 * npm run bench:probes [-- --json] [-- --model FILE]
 *
 * How fast probes are, and what share that is of what llama.cpp itself reaches. All figures of a model come
 * from one process, in turns, so that a machine whose speed drifts does not favour one side:
 *
 * - probes-per-second: the arrow template over part of the vocabulary, through the scheduler.
 * - against-one-at-a-time: the same binding, but one whole prompt at a time with glitcher's own prompt.
 * - share-of-batch-decode: probes per second times the tail's length, against llama.cpp's own decode of
 *   512 tokens with the same number of logit rows and nothing done with them.
 * - statistics: time to turn a row of logits into p, rank, entropy and the top 5.
 */

import { distribution, openLocalModel } from "../src/engine/index.ts";
import { createContext, loadLibrary, loadModel } from "../src/llama/index.ts";
import { middleSizedModel } from "./middle-sized-model.ts";
import { type BenchResult, printResults, spread } from "./report.ts";

const RUNS = 15;
const SECONDS_A_RUN = 0.7;
const THREADS = 2;
const BATCH = 512;
const STATISTICS_LIMIT_VOCABULARY = 32_000;

/** glitcher/model.py:743-1150: system text, a blank line and the request, as the v0.1 template renders them. */
const GLITCHER_PROMPT = {
  before:
    "[INST] You are a helpful assistant. When asked to repeat something, repeat it exactly, character for character.\n\n" +
    "Please respond with exactly this: '",
  after: "' [/INST]",
};
const ARROW = {
  prefix: "«cat» → «cat», «dog» → «dog», «water» → «water», «Monday» → «Monday», «",
  tail: "» → «",
};

const results: BenchResult[] = [];
const notes: string[] = [];

const given = process.argv.indexOf("--model");
const files = given > 0 ? [process.argv[given + 1]!] : ["models/lab-moe.gguf", await middleSizedModel()];
for (const file of files) await measure(file);
printResults("probes", results, notes);

async function measure(path: string): Promise<void> {
  const model = await openLocalModel({ path, threads: THREADS, gpu: "off", batchSize: BATCH, stepMs: 1000 });
  const { info } = model;
  const bos = info.bos === undefined ? [] : [info.bos];
  const prefix = [...bos, ...(await model.tokenize(ARROW.prefix))];
  const after = await model.tokenize(ARROW.tail, { continuation: true });
  const targets = Array.from({ length: info.vocabulary - 300 }, (_, i) => 300 + i);
  const cases = targets.map((target) => ({ tail: [target, ...after], target }));
  const before = [...bos, ...(await model.tokenize(GLITCHER_PROMPT.before))];
  const close = await model.tokenize(GLITCHER_PROMPT.after, { continuation: true });

  const library = loadLibrary({ gpu: "off" });
  const native = await loadModel(library, { path, gpuLayers: 0 });
  const tailTokens = after.length + 1;
  const sequences = Math.floor(BATCH / tailTokens);
  const batches = createContext(native, { cells: 2 * BATCH, batch: BATCH, sequences: 256, threads: THREADS });
  const single = createContext(native, { cells: 512, batch: 512, sequences: 1, threads: THREADS });

  let cursor = 0;
  /** Probes a second through the scheduler, in calls of 20 batches. */
  const probes = async () => {
    const slice = Array.from({ length: 20 * sequences }, () => cases[cursor++ % cases.length]!);
    return perSecond(async () => {
      let count = 0;
      for await (const _ of model.probe(prefix, slice)) count++;
      return count;
    });
  };
  /** Whole prompts a second, one at a time, with the same statistics. */
  const oneAtATime = () =>
    perSecond(async () => {
      const target = targets[cursor++ % targets.length]!;
      const prompt = [...before, target, ...close];
      single.clearBatch();
      single.forget(0, 0);
      for (const [at, id] of prompt.entries()) single.push(id, at, 0, at === prompt.length - 1);
      await single.decode();
      distribution(single.logits(0), target, 5);
      return 1;
    });
  /** Tokens a second of bare decodes of a whole batch, every tail's last token with its row of logits. */
  const bareDecode = () =>
    perSecond(async () => {
      batches.clearBatch();
      for (let at = 0; at < sequences * tailTokens; at++) {
        const offset = at % tailTokens;
        const token = offset === 0 ? targets[cursor++ % targets.length]! : after[offset - 1]!;
        batches.push(token, offset, Math.floor(at / tailTokens), offset === tailTokens - 1);
      }
      await batches.decode();
      for (let sequence = 0; sequence < sequences; sequence++) batches.forget(sequence, 0);
      return sequences * tailTokens;
    });

  for (const warmUp of [bareDecode, probes, oneAtATime]) await warmUp();
  const turns = { probes: [] as number[], single: [] as number[], decode: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    turns.decode.push(await bareDecode());
    turns.probes.push(await probes());
    turns.single.push(await oneAtATime());
  }
  const row = Float32Array.from(batches.logits(0));
  const statistics = Array.from({ length: RUNS }, () => {
    const started = performance.now();
    for (let i = 0; i < 200; i++) distribution(row, targets[i % targets.length]! % row.length, 5);
    return (performance.now() - started) / 200;
  });

  const name = info.name;
  const against = (values: readonly number[], baseline: readonly number[], factor = 1) =>
    values.map((value, i) => (value * factor) / baseline[i]!);
  const add = (what: string, values: readonly number[], unit: string, baseline?: number, ratio?: number) => {
    const { median, min, max } = spread(values);
    results.push({
      name: what,
      model: name,
      value: median,
      unit,
      baseline,
      ratio,
      runs: values.length,
      min,
      max,
    });
  };
  const ratio = spread(against(turns.probes, turns.single));
  const share = spread(against(turns.probes, turns.decode, tailTokens));
  add("probes-per-second", turns.probes, "probes/s");
  add("against-one-at-a-time", turns.probes, "probes/s", spread(turns.single).median, ratio.median);
  add(
    "share-of-batch-decode",
    turns.probes.map((v) => v * tailTokens),
    "tokens/s",
    spread(turns.decode).median,
    share.median,
  );
  add("statistics", statistics, "ms/probe", 0.2, 0.2 / spread(statistics).median);
  const glitcherTokens = before.length + close.length + 1;
  notes.push(
    `${name}: ${info.vocabulary} tokens of vocabulary, ${info.quantisation}, ${THREADS} threads; a probe costs ${tailTokens} tokens ` +
      `after a shared prefix of ${prefix.length}, glitcher's prompt has ${glitcherTokens}; ` +
      `${sequences} logit rows a batch; share ${share.min.toFixed(2)} to ${share.max.toFixed(2)}, ` +
      `against one at a time ${ratio.min.toFixed(1)} to ${ratio.max.toFixed(1)}.` +
      (info.vocabulary < STATISTICS_LIMIT_VOCABULARY
        ? " The limit of 0.2 ms is meant for 32,000 tokens."
        : ""),
  );
  native.dispose();
  await model.close();
}

/** Repeats until enough time has passed; units of work per second. */
async function perSecond(work: () => Promise<number>): Promise<number> {
  const started = performance.now();
  let done = 0;
  do done += await work();
  while (performance.now() - started < SECONDS_A_RUN * 1000);
  return done / ((performance.now() - started) / 1000);
}
