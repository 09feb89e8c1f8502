/**
 * Generation: the prompt is loaded once, then n samples share its cells and each adds a token a step. A single
 * finished sample stays in the prefix cache with its answer, where the next turn of a chat finds it.
 */

import type { CacheSpace } from "./cache-space.ts";
import type { Channel } from "./channel.ts";
import { distribution } from "./distribution.ts";
import type { FinishReason, GenerateEvent } from "./language-model.ts";
import { type PromptLoad, startPromptLoad } from "./prompt-load.ts";
import type { Step, Task } from "./task.ts";
import { createTextStream } from "./text-stream.ts";

export interface GenerateTaskOptions {
  prompt: readonly number[];
  maxTokens: number;
  /** One sampler a sample; disposed by the task. */
  samplers: readonly { sample(logits: Float32Array): number; dispose(): void }[];
  stop: readonly string[];
  /** Others to report beside the chosen token; undefined: no log-probabilities. */
  logprobs: number | undefined;
  endsGeneration: (id: number) => boolean;
  tokenBytes: (id: number) => Uint8Array;
  priority: number;
  client: string;
  signal: AbortSignal;
  events: Channel<GenerateEvent>;
}

interface Sample {
  readonly index: number;
  readonly sequence: number;
  readonly sampler: GenerateTaskOptions["samplers"][number];
  readonly text: ReturnType<typeof createTextStream>;
  /** Chosen tokens; the last one is not decoded yet. */
  readonly tokens: number[];
  /** When the first and the last of them were chosen, in milliseconds of performance.now(). */
  firstAt: number;
  lastAt: number;
  reason: FinishReason | undefined;
}

/** Creates the task. */
export function createGenerateTask(options: GenerateTaskOptions): Task {
  const { prompt, maxTokens, samplers, events } = options;
  let space: CacheSpace | undefined;
  let load: PromptLoad | undefined;
  let samples: Sample[] = [];
  let failure: { error: unknown } | undefined;
  const handedInAt = performance.now();
  let admittedAt = handedInAt;
  const reserved = samplers.length * maxTokens;

  const alive = () => samples.filter(({ reason }) => reason === undefined);

  /** What goes wrong in one request's choice ends that request, and nobody else's in the step. */
  const accept = (sample: Sample, row: Float32Array) => {
    if (failure) return;
    try {
      choose(sample, row);
    } catch (error) {
      failure = { error };
    }
  };

  const choose = (sample: Sample, row: Float32Array) => {
    const id = sample.sampler.sample(row);
    sample.tokens.push(id);
    sample.lastAt = performance.now();
    if (sample.tokens.length === 1) sample.firstAt = sample.lastAt;
    if (options.endsGeneration(id)) {
      finishSample(sample, "stop");
      return;
    }
    const { text, stopped } = sample.text.push(options.tokenBytes(id));
    const chances = options.logprobs === undefined ? undefined : distribution(row, id, options.logprobs);
    events.push({
      type: "token",
      sample: sample.index,
      id,
      text,
      ...(chances && { logprob: chances.logp, top: chances.top }),
    });
    if (stopped) finishSample(sample, "stop");
    else if (sample.tokens.length >= maxTokens) finishSample(sample, "length");
  };

  const finishSample = (sample: Sample, reason: FinishReason) => {
    sample.reason = reason;
    const rest = sample.text.flush();
    events.push({
      type: "end",
      sample: sample.index,
      reason,
      rest,
      text: sample.text.text,
      promptTokens: prompt.length,
      cachedTokens: load!.cached,
      completionTokens: sample.tokens.length,
      timings: {
        queued: admittedAt - handedInAt,
        prompt: sample.firstAt - admittedAt,
        generation: sample.lastAt - sample.firstAt,
      },
    });
  };

  /** The cells of a lone answer go to the cache: a chat's next turn begins with them. */
  const keepOrFree = (sample: Sample, keep: boolean) => {
    const decoded = sample.tokens.slice(0, -1);
    if (!keep || decoded.length === 0) {
      space!.free(sample.sequence);
      return;
    }
    const { entry, length } = load!.shared();
    space!.publish(sample.sequence, [...prompt, ...decoded], entry, length);
  };

  return {
    priority: options.priority,
    client: options.client,
    signal: options.signal,
    prompt,
    get pendingPrompt() {
      return load && !load.done() ? prompt : undefined;
    },
    phase: () => (samples.length > 0 && load?.done() ? "generating" : "prompt"),
    promptTokens: () => load?.remaining() ?? prompt.length,
    finished: () => failure !== undefined || (samples.length > 0 && load!.done() && alive().length === 0),
    admit(from) {
      const started = startPromptLoad(from, {
        tokens: prompt,
        limit: prompt.length - 1,
        sequences: samplers.length,
        cells: reserved,
      });
      if (!started) return false;
      admittedAt = performance.now();
      space = from;
      load = started.load;
      samples = samplers.map((sampler, index) => ({
        index,
        sequence: started.sequences[index]!,
        sampler,
        text: createTextStream(options.stop),
        tokens: [],
        firstAt: admittedAt,
        lastAt: admittedAt,
        reason: undefined,
      }));
      return true;
    },
    fill(step: Step) {
      if (!load!.done()) {
        load!.fill(step, (row) => {
          for (const sample of samples) accept(sample, row);
        });
        return;
      }
      for (const sample of alive()) {
        if (step.capacity === 0) return;
        const at = prompt.length + sample.tokens.length - 1;
        if (sample.tokens.length === 1) space!.share(load!.source(), sample.sequence, prompt.length);
        step.add(sample.tokens.at(-1)!, at, sample.sequence, (row) => accept(sample, row));
      }
    },
    end(to, reason) {
      const error = reason ?? failure?.error;
      for (const sampler of samplers) sampler.dispose();
      if (space) {
        for (const sample of samples) keepOrFree(sample, !error && samples.length === 1);
        to.giveBackCells(reserved);
        load!.end();
      }
      if (error) events.fail(error);
      else events.end();
    },
  };
}
