/** `assay chat MODEL TOKEN_ID`: one token's card, as glitcher's `chat` shows it: what it is and what the model makes of it. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { chatFrame, type LanguageModel } from "../../engine/index.ts";
import { compileSplice, fullestMine, type MineResult, type TokenEvidence } from "../../glitch/index.ts";
import { formatFigure } from "../../report/index.ts";
import { generateSamples } from "../ask/generation.ts";
import { predictToken, type TokenPrediction } from "../ask/predictions.ts";
import { checkTemplate } from "../ask/prompt.ts";
import { topTable } from "../ask/top-table.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { checkTokenId, describeTokenised, factsTable, oneToken } from "../token/token-facts.ts";
import { withModel } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import type { ChatOptions } from "./chat-options.ts";
import { safeText } from "./safe-text.ts";
import { withTemplate } from "./with-template.ts";

/** glitcher's prompt; the token stands in it as an id, so that it is this token and no other way to write it. */
const ASK = "Repeat this exactly once:";
const TOP = 5;
/** glitcher's --max-size. */
const ANSWER_TOKENS = 10;

/** Prints the card. @throws USAGE for an id that the model does not have */
export async function showTokenCard(
  context: CliContext,
  options: ChatOptions & SharedOptions,
  argument: string | undefined,
  given: string,
): Promise<void> {
  await checkTemplate(options.template);
  await withModel(context, { argument, options, quantType: options.quantType }, async (opened) => {
    const model = withTemplate(opened, options.template);
    const { json, terminal, signal } = context;
    const id = checkTokenId(model, given);
    const { facts, text, tokenised } = await oneToken(model, id, signal);
    const prompts = await promptsWith(model, id, text);
    const forms: TokenPrediction[] = [];
    for (const { form, ids } of prompts)
      forms.push(await predictToken(model, form, ids, id, { topK: TOP, signal }));
    const maxTokens = options.maxTokens ?? ANSWER_TOKENS;
    const [answer] = await generateSamples(model, { prompt: prompts.at(-1)!.ids, maxTokens, signal });
    const mined = await storedVerdict(context, model.info.fingerprint, id);
    if (json) {
      const { name, path, fingerprint, quantisation } = model.info;
      const head = { schema: 1, kind: "token-card", model: { name, path, fingerprint, quantisation } };
      const card = {
        token: { ...facts, tokenised },
        prompt: `${ASK} …`,
        forms,
        answer: answer!.text,
        mined: mined ?? null,
      };
      return terminal.print(JSON.stringify({ ...head, ...card }));
    }
    terminal.print(factsTable([facts]));
    if (tokenised !== undefined) terminal.print(`\n${describeTokenised(model, tokenised)}`);
    terminal.print(mined === undefined ? "No finished mine has tested it." : describeMined(mined));
    terminal.print(`\nAsked: ${ASK} ${facts.text}\n${topTable(forms)}\n`);
    for (const { form, target } of forms)
      terminal.print(`${form}: the token itself has p ${formatFigure(target.p)} and rank ${target.rank}.`);
    terminal.print(`Answer (${prompts.at(-1)!.form}): ${safeText(answer!.text.trim())}`);
  });
}

/** The prompt as raw text and, where the model has a chat template, in it. */
async function promptsWith(model: LanguageModel, id: number, text: string | undefined) {
  // Many pieces bring their space.
  const before = text?.startsWith(" ") ? ASK : `${ASK} `;
  const frame = await chatFrame(model);
  const raw = await compileSplice(model, { prefix: before, tail: "" });
  const ids = [...raw!.prefix, id];
  if (!frame.isMarkup) return [{ form: "raw" as const, ids }];
  const chat = await compileSplice(model, { prefix: frame.open + before, tail: frame.close }, true);
  return [
    { form: "raw" as const, ids },
    ...(chat === undefined ? [] : [{ form: "chat" as const, ids: [...chat.prefix, id, ...chat.tail] }]),
  ];
}

/** What the fullest mine of the file found about the token. */
async function storedVerdict(
  context: CliContext,
  fingerprint: string,
  id: number,
): Promise<{ run: string; verdict: TokenEvidence["verdict"]; p: number | undefined } | undefined> {
  // Opening a store makes one.
  if (!existsSync(resolve(context.config.store))) return undefined;
  return withStore(context, async (store) => {
    const run = await fullestMine(store, fingerprint);
    const document = run && ((await store.document(run.id)) as MineResult | undefined);
    const found = document?.tokens.find((token) => token.id === id);
    return run && found && { run: run.id, verdict: found.verdict, p: found.p };
  });
}

function describeMined({ run, verdict, p }: { run: string; verdict: string; p: number | undefined }): string {
  return `Verdict of ${run}: ${verdict}${p === undefined ? "" : `, p ${formatFigure(p)}`}.`;
}
