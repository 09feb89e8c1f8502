import { describe, expect, test } from "vitest";
import type { ChatFrame } from "../../engine/index.ts";
import { createScriptedModel } from "../../engine/scripted-model.ts";
import { compileTemplates } from "./probe-plan.ts";
import { compileSplice } from "./splice.ts";
import { chooseTemplates, PROBE_TEMPLATES } from "./templates.ts";

const model = createScriptedModel();
const join = (ids: readonly number[]) =>
  Buffer.concat(ids.map((id) => Buffer.from(model.tokenBytes(id)))).toString("utf8");

describe.each(PROBE_TEMPLATES)("template $id", (template) => {
  test("states its goal, its source and the token's place", () => {
    expect(template.goal).toMatch(/^[A-Z].*\.$/);
    expect(template.reference).not.toBe("");
    expect(template.prefix).not.toBe("");
    expect(template.tail).not.toBe("");
  });

  test("lets no space slip in after the token", async () => {
    const prompt = (await compileSplice(model, template))!;
    expect(join(prompt.tail)).toBe(template.tail);
    expect(prompt.prefix[0]).toBe(model.info.bos);
    expect(prompt.prefix.at(-1)).not.toBe(model.info.eos);
  });

  test("has the end of sequence as an id, never as text", async () => {
    const prompt = (await compileSplice(model, template))!;
    const shots = template.prefix.split("</s>").length - 1;
    expect(prompt.prefix.filter((id) => id === model.info.eos)).toHaveLength(shots);
    expect(join(prompt.prefix)).not.toContain("</s>");
  });

  test("asks for what it shows: after its own shots the shot is the expected answer", async () => {
    const prompt = (await compileSplice(model, template))!;
    const text = template.applies === "all" ? "river" : " river";
    const [id] = await model.tokenize(text, { continuation: true });
    const answers = model.probe(prompt.prefix, [{ tail: [id!, ...prompt.tail], target: id! }]);
    for await (const { rank } of answers) expect(rank).toBe(1);
  });
});

test("templates are ordered by tail and chat templates need a chat model", async () => {
  const all = await compileTemplates(model, [...PROBE_TEMPLATES]);
  const tails = all.templates.map(({ tail }) => tail.length);
  expect(tails).toEqual([...tails].sort((a, b) => a - b));
  const plain = { open: "", close: "\nAnswer:", isMarkup: false };
  const ids = (frame: ChatFrame, wanted?: string[]) => chooseTemplates(frame, wanted).map(({ id }) => id);
  expect(ids(plain)).not.toContain("repeat");
  expect(ids({ open: "[INST] ", close: " [/INST]", isMarkup: true })).toContain("repeat");
  expect(ids(plain, ["repeat"])).toEqual(["repeat"]);
});

test("chat templates have the spaces that the model was trained with", () => {
  const repeat = (open: string, close: string) =>
    chooseTemplates({ open, close, isMarkup: true }, ["repeat"])[0]!;
  expect(repeat("[INST] ", " [/INST]")).toEqual(PROBE_TEMPLATES.find(({ id }) => id === "repeat"));
  const { prefix, tail } = repeat("[INST]", "[/INST]");
  expect(prefix).toMatch(/^\[INST\]Please .*"\[\/INST\] Sure/);
  expect(tail).toBe('»"[/INST] Sure, the string is: "«');
});

test("leaves out templates that do not fit the context or need an absent id", async () => {
  const small = createScriptedModel({ info: { context: 40 } });
  const { templates, left } = await compileTemplates(small, [...PROBE_TEMPLATES]);
  expect(templates.every(({ prefix, tail }) => prefix.length + tail.length < 40)).toBe(true);
  expect(left.join()).toContain("the context has 40");
  const endless = createScriptedModel({ info: { eos: undefined } });
  const plan = await compileTemplates(endless, [...PROBE_TEMPLATES]);
  expect(plan.left.join()).toContain('"repeat" left out');
});
