import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../engine/index.ts";
import { type GuardPromptOptions, guardPrompt } from "./guard-prompt.ts";
import type { PromptGuard } from "./prompt-guard.ts";

const model = createScriptedModel();
const [cat, dog, water] = await Promise.all(
  ["cat", "dog", "water"].map(async (word) => (await model.tokenize(word))[0]!),
);
const frame = await model.tokenize("[INST] x", { special: true });

/** Writes each banned id as two others. */
function fakeGuard(banned: readonly number[]): PromptGuard {
  const scan = (ids: readonly number[]) =>
    ids.flatMap((id, index) => (banned.includes(id) ? [{ id, index, text: `t${id}` }] : []));
  return {
    source: "run-1",
    banned,
    scan,
    rewrite: (ids) => ({
      ids: ids.flatMap((id) => (banned.includes(id) ? [dog!, water!] : [id])),
      replaced: scan(ids).map(({ id }) => ({ before: [id], after: [dog!, water!] })),
      unrepaired: [],
    }),
  };
}

const options = (given: Partial<GuardPromptOptions>): GuardPromptOptions => ({
  guard: fakeGuard([cat!]),
  mode: "rewrite",
  isChat: true,
  logitBias: undefined,
  ...given,
});

describe("the guard on a prompt", () => {
  const ids = [dog!, cat!, dog!, cat!];
  const findings = [
    { id: cat!, index: 1, text: `t${cat}` },
    { id: cat!, index: 3, text: `t${cat}` },
  ];

  it("does nothing where it is off or nothing is known", async () => {
    const off = await guardPrompt(model, ids, options({ mode: "off" }));
    expect(off).toMatchObject({ ids, report: { mode: "off", findings: [], left: 0 } });
    const unknown = await guardPrompt(model, ids, options({ guard: undefined, mode: "refuse" }));
    expect(unknown).toMatchObject({ ids, report: { mode: "refuse", source: undefined, findings: [] } });
  });

  it("flags without a change", async () => {
    const flagged = await guardPrompt(model, ids, options({ mode: "flag" }));
    expect(flagged).toEqual({
      ids,
      logitBias: undefined,
      report: {
        mode: "flag",
        source: "run-1",
        findings,
        inTemplate: 0,
        replaced: 0,
        left: 2,
        bannedFromOutput: 0,
      },
    });
  });

  it("refuses with the findings, and only where there are some", async () => {
    await expect(guardPrompt(model, ids, options({ mode: "refuse" }))).rejects.toMatchObject({
      code: "GUARD_REFUSED",
      message: expect.stringContaining(`t${cat} (${cat})`),
      details: { source: "run-1", findings },
    });
    await expect(guardPrompt(model, [dog!], options({ mode: "refuse" }))).resolves.toMatchObject({
      ids: [dog],
    });
  });

  it.each(["rewrite", "route"] as const)(
    "writes the prompt anew and bans from the answer: %s",
    async (mode) => {
      const { ids: written, logitBias, report } = await guardPrompt(model, ids, options({ mode }));
      expect(written).toEqual([dog, dog, water, dog, dog, water]);
      expect(logitBias).toEqual(new Map([[cat, Number.NEGATIVE_INFINITY]]));
      expect(report).toEqual({
        mode,
        source: "run-1",
        findings,
        inTemplate: 0,
        replaced: 2,
        left: 0,
        bannedFromOutput: 1,
      });
    },
  );

  it("lets the caller's own bias go first", async () => {
    const logitBias = new Map([[cat!, 5]]);
    const guarded = await guardPrompt(model, ids, options({ logitBias }));
    expect(guarded).toMatchObject({ logitBias, report: { bannedFromOutput: 0, replaced: 2 } });
  });

  it("leaves the template's own tokens where the template wrote them, and counts them apart", async () => {
    const inTemplate = frame[1]!;
    const guard = fakeGuard([cat!, inTemplate]);
    // The user writes one of the markup's tokens by itself.
    const prompt = [...frame, cat!, dog!, inTemplate];
    const chat = await guardPrompt(model, prompt, options({ guard }));
    expect(chat.ids).toEqual([...frame, dog, water, dog, dog, water]);
    expect(chat.report).toMatchObject({
      replaced: 2,
      left: 0,
      inTemplate: frame.filter((id) => id === inTemplate).length,
    });
    expect(chat.report.findings.map(({ id }) => id)).toEqual([cat, inTemplate]);
    const raw = await guardPrompt(model, prompt, options({ guard, isChat: false }));
    expect(raw.report).toMatchObject({ left: 0, inTemplate: 0 });
    await expect(
      guardPrompt(model, [...frame, dog!], options({ guard, mode: "refuse" })),
    ).resolves.toMatchObject({ report: { findings: [] } });
  });

  it("bans neither bytes nor control tokens from the answer", async () => {
    const byte = Array.from({ length: 300 }, (_, id) => id).find((id) => model.tokenKind(id) === "byte")!;
    const guard = fakeGuard([model.info.eos!, byte, cat!]);
    const { logitBias } = await guardPrompt(model, [dog!], options({ guard }));
    expect([...logitBias!.keys()]).toEqual([cat]);
  });
});
