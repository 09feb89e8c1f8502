import { expect, test } from "vitest";
import { describeLanguageModel } from "../testing/language-model-contract.ts";
import { createScriptedModel } from "./scripted-model.ts";

describeLanguageModel("scripted", async () => createScriptedModel({ glitches: [400] }));

test("copies what stands in quotes, closes it and ends", async () => {
  const model = createScriptedModel();
  const prompt = await model.tokenize("Input: «cat»\nOutput: «", { bos: true });
  const texts: string[] = [];
  for await (const event of model.generate({ prompt, maxTokens: 8 }))
    if (event.type === "end") texts.push(`${event.text} (${event.reason})`);
  expect(texts).toEqual(["cat» (stop)"]);
});

test("gives a glitch token less than chance and another token the first place", async () => {
  const model = createScriptedModel();
  const [cat] = await model.tokenize("cat", { continuation: true });
  const broken = createScriptedModel({ glitches: [cat!] });
  const prefix = await model.tokenize("Input: «", { bos: true });
  const tail = [cat!, ...(await model.tokenize("» → «", { continuation: true }))];
  const ask = async (which: typeof model) => {
    for await (const result of which.probe(prefix, [{ tail, target: cat! }])) return result;
    throw new Error("no answer");
  };
  const [normal, glitch] = [await ask(model), await ask(broken)];
  expect(normal.rank).toBe(1);
  expect(normal.p).toBeGreaterThan(0.98);
  expect(glitch.rank).toBeGreaterThan(1);
  expect(glitch.p).toBeLessThan(1e-5);
  expect(glitch.top[0]!.id).not.toBe(cat);
});

test("counts its work and lets a script step in", async () => {
  const seen: string[] = [];
  const model = createScriptedModel({ intercept: ({ kind }) => void seen.push(kind) });
  for await (const _ of model.probe([1], [{ tail: [300], target: 300 }])) void _;
  await model.score([1, 300]);
  expect(seen).toEqual(["probe", "score"]);
  expect(model.calls).toEqual({ probe: 1, score: 1, distributions: 0, generate: 0 });
});

test("refuses a grammar, an empty prompt and unknown ids", async () => {
  const model = createScriptedModel();
  const drain = async (events: AsyncIterable<unknown>) => {
    for await (const _ of events) void _;
  };
  await expect(
    drain(model.generate({ prompt: [1], maxTokens: 1, grammar: 'root ::= "a"' })),
  ).rejects.toMatchObject({ code: "UNSUPPORTED" });
});
