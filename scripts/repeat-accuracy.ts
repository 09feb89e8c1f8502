/**
 * node --import tsx scripts/repeat-accuracy.ts FILE.gguf TRUTH.json
 *
 * Share of tokens that a model file repeats, by grade of the known truth and template: the columns for quantised
 * files in lab/README.md. Scores only; nothing learns from it.
 */

import { openLocalModel } from "../src/engine/index.ts";
import { compileTemplates, PROBE_TEMPLATES, readTruth } from "../src/glitch/index.ts";

const [file, truthFile] = process.argv.slice(2);
if (!file || !truthFile) throw new Error("usage: repeat-accuracy.ts FILE.gguf TRUTH.json");
const truth = await readTruth(truthFile);
type Token = (typeof truth.tokens)[number];

const RARE = [
  [1, 2],
  [3, 4],
  [5, 6],
  [8, 8],
  [10, 10],
  [16, 16],
  [32, 32],
] as const;
const grades: [string, (token: Token) => boolean][] = [
  ["trained (50 copies and more)", (t) => t.class === "normal" && !t.withheld && !t.decoy && t.copied >= 50],
  ["decoys", (t) => t.decoy],
  ...RARE.map(([from, to]): [string, (token: Token) => boolean] => [
    from === to ? `rare, ${from} copies` : `rare, ${from} to ${to} copies`,
    (t) => t.withheld === "rare" && t.copied >= from && t.copied <= to,
  ]),
  ...["text-only", "never", "lie-input", "lie-both"].map((name): [string, (token: Token) => boolean] => [
    name,
    (t) => t.class === "normal" && t.withheld === name,
  ]),
  ["high bytes", (t) => t.class === "byte" && t.copied > 0],
  ["unused bytes", (t) => t.class === "byte" && t.count === 0],
];

const model = await openLocalModel({
  path: file,
  gpu: "off",
  stepMs: Number.POSITIVE_INFINITY,
  keepTokens: 0,
});
const { templates } = await compileTemplates(
  model,
  PROBE_TEMPLATES.filter(({ id }) => id !== "mirror"),
);
const repeated = new Map<string, Set<number>>();
for (const { id, prefix, tail } of templates) {
  const passed = new Set<number>();
  const cases = truth.tokens.map((token) => ({ tail: [token.id, ...tail], target: token.id }));
  for await (const { index, rank } of model.probe(prefix, cases, { topK: 1 }))
    if (rank === 1) passed.add(truth.tokens[index]!.id);
  repeated.set(id, passed);
}
await model.close();

console.log(
  `${model.info.name} ${model.info.quantisation}: ${[...repeated.keys()].join(" / ")}, in per cent`,
);
for (const [name, belongs] of grades) {
  const tokens = truth.tokens.filter(belongs);
  const shares = [...repeated.values()].map((passed) => {
    const share = (100 * tokens.filter(({ id }) => passed.has(id)).length) / tokens.length;
    return String(Number(share.toFixed(2)));
  });
  console.log(`${name}\t${tokens.length}\t${shares.join(" / ")}`);
}
