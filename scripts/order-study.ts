/**
 * node --import tsx scripts/order-study.ts STORE.db MODEL.gguf=TRUTH.json [MODEL.gguf=TRUTH.json ...]
 *
 * What each part of the census's order is worth, and what it does when its figures lie: every method and variant
 * replayed over stored censuses (`assay mine MODEL --all`), as shares of what the budget could reach. Each cell:
 * confirmed, never seen, and rare or text only. Scores only; nothing learns from the truth.
 */

import { openLocalModel } from "../src/engine/index.ts";
import {
  classifyVocabulary,
  type IndicatorTable,
  ORDER_METHODS,
  type OrderContext,
  type OrderMethod,
  readIndicators,
  readTruth,
} from "../src/glitch/index.ts";
import { loadLibrary } from "../src/llama/index.ts";
import { findCensus, readCensus } from "../src/measure/index.ts";
import { replaySearch } from "../src/measure/replay-search.ts";
import { readGguf } from "../src/models/index.ts";
import { openStore } from "../src/store/index.ts";

const BUDGETS = [0.01, 0.02, 0.05, 0.1];
const SEED = 0;

const [storePath, ...files] = process.argv.slice(2);
if (!storePath || files.length === 0)
  throw new Error("usage: order-study.ts STORE.db MODEL.gguf=TRUTH.json …");

const census = ORDER_METHODS.find(({ id }) => id === "census")!;
/** The census with something else to go by. */
const vary = (change: (context: OrderContext) => Partial<OrderContext>): OrderMethod => ({
  ...census,
  start: (context) => census.start({ ...context, ...change(context) }),
});
/** The census with another first order. */
const startBy = (score: (table: IndicatorTable) => Float32Array): OrderMethod =>
  vary(({ indicators }) => {
    const { output } = indicators!;
    const unused = { ...output.unused!, distanceNoPc: score(indicators!) };
    return { indicators: { ...indicators!, output: { ...output, unused } } };
  });

const VARIANTS: readonly (readonly [string, OrderMethod])[] = [
  ...ORDER_METHODS.map((method) => [method.id, method] as const),
  ["census, first order only", vary(() => ({ adaptive: false }))],
  ["census, blind to texts", vary(() => ({ textOf: () => "" }))],
  ["census, k 4", vary(() => ({ neighbours: 4 }))],
  ["census, k 16", vary(() => ({ neighbours: 16 }))],
  ["census, start: distance, PC left in", startBy(({ output }) => output.unused!.distance)],
  ["census, start: cosine, no PC", startBy(({ output }) => output.unused!.cosineNoPc)],
  ["census, start: input norm", startBy(({ input }) => input.norm)],
  ["census, start: reversed", startBy(({ output }) => output.unused!.distanceNoPc.map((value) => -value))],
  [
    "census, no row known to be unused",
    vary(({ indicators }) => {
      const { unused: _, ...output } = indicators!.output;
      const { unused: __, ...input } = indicators!.input;
      return { indicators: { ...indicators!, output, input } };
    }),
  ],
];

const store = await openStore({ path: storePath });
for (const file of files) {
  const [path = "", truthPath = ""] = file.split("=");
  const model = await openLocalModel({ path, gpu: "off" });
  const { candidates, knownUnused, texts } = await classifyVocabulary(model);
  const { fingerprint } = model.info;
  await model.close();
  const run = await findCensus(store, fingerprint, candidates.length);
  if (!run) throw new Error(`no full census of ${path} in ${storePath}`);
  const stored = await readCensus(store, run, { fingerprint, candidates });
  const counts = new Map((await readTruth(truthPath)).tokens.map(({ id, count }) => [id, count]));
  const indicators = await readIndicators(loadLibrary({ gpu: "off" }), await readGguf(path), {
    ...{ unused: knownUnused, seed: SEED, sketch: true },
    rows: ["input", "output"],
  });
  const glitches = candidates.filter((id) => stored.tokens.get(id)?.verdict === "glitch");
  const targets = [
    glitches,
    glitches.filter((id) => counts.get(id) === 0),
    glitches.filter((id) => counts.get(id) !== 0),
  ];
  console.log(`${path}: ${targets.map(({ length }) => length).join(" / ")} of ${candidates.length}`);
  for (const [name, method] of VARIANTS) {
    const cells: string[] = [];
    for (const share of BUDGETS) {
      const { tested } = await replaySearch({
        ...{ method, candidates, indicators, census: stored, seed: SEED },
        budget: { share },
        textOf: (id) => texts[id] ?? "",
      });
      const met = new Set(tested);
      const limit = Math.ceil(share * candidates.length);
      const shares = targets.map(
        (ids) => ids.filter((id) => met.has(id)).length / Math.min(limit, ids.length),
      );
      cells.push(shares.map((value) => (100 * value).toFixed(1).padStart(5)).join(" "));
    }
    console.log(`${name.padEnd(36)}${cells.join("  |")}`);
  }
}
await store.close();
