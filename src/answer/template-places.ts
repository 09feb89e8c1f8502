/** Where in a finished prompt the chat template's own tokens stand. */

import { chatFrame, type Tokenizer } from "../engine/index.ts";

/**
 * Positions of the texts that the template writes around a turn, as tokens: the whole text in the template's own
 * tokens, not each of these ids wherever it stands, as a user may write them too. A message that spells the markup
 * out is taken for it, which changes nothing: that is how the model reads it.
 */
export async function templatePlaces(model: Tokenizer, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const { open, close } = await chatFrame(model);
  const places = new Set<number>();
  for (const text of [open, close]) {
    // Blanks at the edges may be one token with what the user wrote.
    const trimmed = text.trim();
    if (trimmed === "") continue;
    for (const continuation of [false, true]) {
      const markup = await model.tokenize(trimmed, { special: true, continuation });
      for (const start of occurrences(ids, markup))
        for (let at = start; at < start + markup.length; at++) places.add(at);
    }
  }
  return places;
}

function occurrences(ids: readonly number[], wanted: readonly number[]): number[] {
  if (wanted.length === 0) return [];
  const found: number[] = [];
  for (let start = 0; start + wanted.length <= ids.length; start++)
    if (wanted.every((id, offset) => ids[start + offset] === id)) found.push(start);
  return found;
}
