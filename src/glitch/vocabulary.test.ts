import { expect, test } from "vitest";
import { createScriptedModel } from "../engine/scripted-model.ts";
import { toyVocabulary } from "../engine/scripted-vocabulary.ts";
import { classifyVocabulary } from "./vocabulary.ts";

test("classifies the toy vocabulary", async () => {
  const { classes, counts, candidates, texts } = await classifyVocabulary(createScriptedModel());
  const toy = toyVocabulary();
  expect(classes.slice(0, 3)).toEqual(["control", "control", "control"]);
  expect(classes.slice(3, 259).every((name) => name === "byte")).toBe(true);
  expect(classes.slice(-3)).toEqual(["unused", "undecodable", "unreachable"]);
  expect(Object.values(counts).reduce((a, b) => a + b)).toBe(toy.length);
  expect(candidates).toHaveLength(counts.normal);
  expect(candidates.every((id) => texts[id] === toy[id]!.text)).toBe(true);
});

test("knows as unused what no text can become", async () => {
  const { knownUnused } = await classifyVocabulary(createScriptedModel());
  const toy = toyVocabulary();
  const texts = knownUnused.map((id) => toy[id]!.text);
  expect(texts).toContain("<unk>");
  expect(texts).toContain("<unused0>");
  expect(texts).toContain("<0x41>");
  // High bytes stand for what has no piece, and tab has none here.
  expect(texts).not.toContain("<0xE2>");
  expect(texts).not.toContain("<0x09>");
  expect(texts).not.toContain("</s>");
});

test("a piece that fuses with the first anchor is tried behind another", async () => {
  const tokens = [
    { text: "<unk>", kind: "unknown" as const },
    ...["«", "x", "«x", "\n", "1"].map((text) => ({ text })),
  ];
  const { classes } = await classifyVocabulary(createScriptedModel({ tokens }));
  expect(classes).toEqual(["control", "normal", "normal", "normal", "normal", "normal"]);
});

test("no rule looks at the text: brackets, quotes and code are candidates like any other", async () => {
  const odd = ["[", "]", "<b>", "[x]", "arg", "_", ".$", "javascript:", "'", "   "];
  const tokens = [
    { text: "<unk>", kind: "unknown" as const },
    ...["«", "\n", "1", ...odd].map((text) => ({ text })),
  ];
  const { candidates } = await classifyVocabulary(createScriptedModel({ tokens }));
  expect(candidates).toHaveLength(odd.length + 3);
});
