/** llama.cpp's own batched decode of the work that a server does: nothing around llama_decode but the batch. */

import { createContext, type LlamaContext, type LlamaModel } from "../src/llama/index.ts";

export interface PhaseSeconds {
  readonly prompt: number;
  readonly generation: number;
}

export interface BareOptions {
  readonly clients: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly batch: number;
  readonly threads: number;
  /** One cache for all sequences, or one for each: which is faster depends on the lengths (llama.cpp #14363). */
  readonly unified: boolean;
}

export interface BareDecode {
  /** Decodes the prompts in whole batches, then as many new tokens, one of each sequence in a step. */
  round(prompts: readonly (readonly number[])[]): Promise<PhaseSeconds>;
}

/** A context that holds just the work. It is freed with the model. */
export function createBareDecode(model: LlamaModel, options: BareOptions): BareDecode {
  const { clients, promptTokens, newTokens, batch, threads, unified } = options;
  const perClient = Math.ceil((promptTokens + newTokens) / 256) * 256;
  const cells = unified ? clients * (promptTokens + newTokens) : clients * perClient;
  const context = createContext(model, { cells, batch, sequences: clients, threads, unified });
  return {
    async round(prompts) {
      context.forget("every", 0);
      const started = performance.now();
      context.clearBatch();
      for (const [sequence, prompt] of prompts.entries())
        for (const [at, id] of prompt.entries()) {
          context.push(id, at, sequence, at === prompt.length - 1);
          if (context.filled === batch) await decode(context);
        }
      if (context.filled > 0) await decode(context);
      const prompted = performance.now();
      // The first new token is chosen from the prompt's last row of logits.
      for (let step = 0; step < newTokens - 1; step++) {
        for (let sequence = 0; sequence < clients; sequence++)
          context.push(prompts[sequence]![step % promptTokens]!, promptTokens + step, sequence, true);
        await decode(context);
      }
      const ended = performance.now();
      return { prompt: (prompted - started) / 1000, generation: (ended - prompted) / 1000 };
    },
  };
}

async function decode(context: LlamaContext): Promise<void> {
  if ((await context.decode()) !== "ok") throw new Error("The bare context is too small.");
  context.clearBatch();
}
