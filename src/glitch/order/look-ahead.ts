/** What a model would say of tokens before they are tested. */

import type { LanguageModel } from "../../engine/index.ts";
import { isItemFailure } from "../probes/item-failure.ts";
import type { CompiledTemplate } from "../probes/probe-plan.ts";

/**
 * Entropy of the answer to a template for each id, nats. A token that the model fails on counts as certain: its
 * error is told when it is tested.
 * @throws CANCELLED, and anything that is not an AppError
 */
export async function lookAhead(
  model: LanguageModel,
  { prefix, tail }: CompiledTemplate,
  ids: readonly number[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const found = new Array<number>(ids.length).fill(0);
  const ask = async (places: readonly number[]) => {
    const cases = places.map((place) => ({ tail: [ids[place]!, ...tail], target: ids[place]! }));
    for await (const { index, entropy } of model.probe(prefix, cases, { signal, topK: 0 }))
      found[places[index]!] = entropy;
  };
  try {
    await ask([...ids.keys()]);
  } catch (error) {
    if (!isItemFailure(error)) throw error;
    for (const place of ids.keys())
      await ask([place]).catch((failure) => {
        if (!isItemFailure(failure)) throw failure;
      });
  }
  return found;
}
