/** Enhanced validation: does the model repeat the token when it is really asked to, in several wordings? */

import { type ChatFrame, chatFrame, type LanguageModel } from "../../engine/index.ts";
import type { AttemptEvidence, PromptCheck } from "../evidence.ts";
import { inParallel } from "../probes/in-parallel.ts";
import { isItemFailure } from "../probes/item-failure.ts";
import { compileSplice, type SplicedPrompt } from "../probes/splice.ts";
import { hash32 } from "../seeded.ts";
import { wilsonInterval } from "../wilson.ts";
import { type PromptForm, VALIDATION_PROMPTS, type ValidationPrompt } from "./validation-prompts.ts";

export interface ValidationSettings {
  /** More than one turns sampling on (temperature 0.7, top-p 0.9, as glitcher); one is greedy. */
  readonly attempts: number;
  /** New tokens at most in each attempt. */
  readonly maxTokens: number;
  /** A token is a glitch if at least this share of attempts fails. */
  readonly threshold: number;
}

/** A token to validate: its id and its exact text. */
export interface ValidationToken {
  readonly id: number;
  readonly text: string;
}

/** One form of a prompt, compiled for a model. */
export interface CompiledPrompt extends SplicedPrompt {
  /** Of the wording: "exactly", "means", "question". */
  readonly id: string;
  readonly form: PromptForm;
}

/** Share of the controls that must be repeated; as for probe templates. */
const PASS_RATE = 0.9;
/** Generations in flight: a few batches' worth, far below the engine's queue. */
const IN_FLIGHT = 32;
/** Samples that share one prompt in one request. */
const SAMPLES = 8;
/** An answer that can no longer be the token is read this far, so that the reader sees what it was instead. */
const SHOWN = 4;

/** Compiles one form of a wording; undefined where the model lacks an id that it needs. */
export async function compilePrompt(
  model: LanguageModel,
  id: string,
  form: PromptForm,
  given?: ChatFrame,
): Promise<CompiledPrompt | undefined> {
  const frame = given ?? (await chatFrame(model));
  const system = form.system ? `${form.system}\n\n` : "";
  const prefix = frame.open + system + form.before;
  const tail = form.after + frame.close + form.prefill;
  const prompt = await compileSplice(model, { prefix, tail }, frame.isMarkup);
  return prompt && { id, form, ...prompt };
}

/**
 * For each wording finds the first form that the controls pass.
 * @param controls tokens that the probes found normal
 * @returns the prompts kept, and how each wording did
 */
export async function checkPrompts(
  model: LanguageModel,
  controls: readonly ValidationToken[],
  settings: ValidationSettings,
  signal?: AbortSignal,
  prompts: readonly ValidationPrompt[] = VALIDATION_PROMPTS,
): Promise<{ kept: CompiledPrompt[]; checks: PromptCheck[] }> {
  const kept: CompiledPrompt[] = [];
  const checks: PromptCheck[] = [];
  for (const { id, forms } of prompts) {
    let check: PromptCheck | undefined;
    for (const form of forms) {
      const prompt = await compilePrompt(model, id, form);
      if (!prompt || prompt.prefix.length + prompt.tail.length + 1 + settings.maxTokens > model.info.context)
        continue;
      const greedy = { ...settings, attempts: 1 };
      const passed = await inParallel(controls, IN_FLIGHT, async (token) => {
        const [attempt] = await attemptPrompt(model, prompt, token, greedy, 0, signal);
        return attempt!.repeated;
      });
      const passRate = controls.length > 0 ? passed.filter(Boolean).length / controls.length : 0;
      check = { prompt: id, form: form.id, passRate, controls: controls.length, kept: passRate >= PASS_RATE };
      if (!check.kept) continue;
      kept.push(prompt);
      break;
    }
    checks.push(check ?? { prompt: id, form: forms[0]!.id, passRate: 0, controls: 0, kept: false });
  }
  return { kept, checks };
}

/** What the attempts say of a token. */
export interface ValidatedToken {
  readonly attempts: readonly AttemptEvidence[];
  /** Share of attempts in which every prompt failed, with its Wilson interval. */
  readonly asr: number;
  readonly asrLow: number;
  readonly asrHigh: number;
  /** Why the token could not be validated; the rate then stands for the attempts that there are. */
  readonly error?: string;
}

/**
 * Validates tokens; one result for each, in order. An attempt is a failure if all prompts fail in it.
 * @param prompts at least one
 */
export async function validateTokens(
  model: LanguageModel,
  prompts: readonly CompiledPrompt[],
  tokens: readonly ValidationToken[],
  settings: ValidationSettings,
  seed: number,
  signal?: AbortSignal,
): Promise<ValidatedToken[]> {
  // Prompt by prompt: generations in flight then share their beginning.
  const jobs = prompts.flatMap((prompt) => tokens.map((token) => ({ token, prompt })));
  const results = await inParallel(jobs, IN_FLIGHT, async ({ token, prompt }) => {
    try {
      return { attempts: await attemptPrompt(model, prompt, token, settings, seed, signal) };
    } catch (error) {
      if (!isItemFailure(error)) throw error;
      return { attempts: [], error: error.message };
    }
  });
  return tokens.map((_, index) => {
    const own = prompts.map((_, prompt) => results[prompt * tokens.length + index]!);
    const attempts = own.flatMap((result) => result.attempts);
    const error = own.find((result) => result.error)?.error;
    return { attempts, ...successRate(attempts), ...(error && { error }) };
  });
}

/** Attack success rate over attempts of several prompts. */
export function successRate(
  attempts: readonly AttemptEvidence[],
): Pick<ValidatedToken, "asr" | "asrLow" | "asrHigh"> {
  const repeated = new Map<number, boolean>();
  for (const { attempt, repeated: came } of attempts)
    repeated.set(attempt, came || (repeated.get(attempt) ?? false));
  const failures = [...repeated.values()].filter((came) => !came).length;
  const { estimate, low, high } = wilsonInterval(failures, repeated.size);
  return { asr: estimate, asrLow: low, asrHigh: high };
}

async function attemptPrompt(
  model: LanguageModel,
  prompt: CompiledPrompt,
  token: ValidationToken,
  { attempts, maxTokens }: ValidationSettings,
  runSeed: number,
  signal: AbortSignal | undefined,
): Promise<AttemptEvidence[]> {
  // Greedy attempts are all the same one: it counts once.
  const n = Math.max(1, attempts);
  const temperature = n > 1 ? 0.7 : 0;
  const seed = hash32(runSeed, "validation", token.id, prompt.id);
  const { closer } = prompt.form;
  const replies = Array.from({ length: n }, (): Reply => ({ ids: [], text: "", ended: false }));
  for (let first = 0; first < n; first += SAMPLES) {
    const events = model.generate({
      prompt: [...prompt.prefix, token.id, ...prompt.tail],
      maxTokens,
      n: Math.min(SAMPLES, n - first),
      seed: (seed + first) >>> 0,
      temperature,
      topP: n > 1 ? 0.9 : 1,
      ...(closer && !token.text.includes(closer) && { stop: [closer] }),
      signal,
    });
    const block = replies.slice(first, first + SAMPLES);
    for await (const event of events) {
      const reply = block[event.sample]!;
      if (event.type === "token") reply.ids.push(event.id);
      reply.text += event.type === "token" ? event.text : event.rest;
      if (event.type === "end") reply.ended = true;
      if (block.every((one) => one.ended || isDecided(prompt.form, token, one))) break;
    }
  }
  return replies.map((reply, attempt) => ({
    prompt: prompt.form.id,
    attempt,
    seed: (seed + attempt) >>> 0,
    temperature,
    text: reply.text,
    repeated: isRepeated(model, prompt.form, token, reply),
  }));
}

interface Reply {
  readonly ids: number[];
  text: string;
  ended: boolean;
}

/** Whether more of the answer could change what is said of it. */
function isDecided({ closer = "" }: PromptForm, token: ValidationToken, { ids, text }: Reply): boolean {
  const wanted = token.text + closer;
  return ids.length >= SHOWN && !wanted.startsWith(text) && !wanted.trimStart().startsWith(text.trimStart());
}

/**
 * Whether the token came back where it was asked for: its id in the first place, or exactly its text and then
 * the closing quote or the end. Never a search for the text anywhere: "s" is in every answer.
 */
function isRepeated(
  model: LanguageModel,
  form: PromptForm,
  token: ValidationToken,
  { ids, text }: Reply,
): boolean {
  if (ids[0] === token.id) return true;
  const isExact = (said: string, wanted: string) =>
    wanted !== "" &&
    (said === wanted || (form.closer !== undefined && said.startsWith(wanted + form.closer)));
  if (form.prefill !== "") return isExact(text, token.text);
  // An answer that begins from nothing begins with a space, as a piece of its own or as part of the first.
  const isBlank = ids.length > 0 && new TextDecoder().decode(model.tokenBytes(ids[0]!)) === " ";
  if (isBlank && ids[1] === token.id) return true;
  return isExact(text.replace(/^ /, ""), token.text.replace(/^ /, ""));
}
