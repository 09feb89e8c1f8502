/** Changes as spans of the source text: what lies outside of them stays as it is, to the byte. */

/** One replacement; positions count UTF-16 units of the text. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  /** What the span holds now. */
  readonly before: string;
  readonly after: string;
  /** One phrase for the reader. */
  readonly why: string;
}

/** Something in a text that a person has to look at. */
export interface TextNote {
  /** Position in the text. */
  readonly at: number;
  readonly kind: NoteKind;
}

export type NoteKind =
  | "f-string"
  | "joined-string"
  | "other-model"
  | "old-mixtral"
  | "computed-context"
  | "other-path"
  | "cache-seed"
  | "no-api-key"
  | "context-2048"
  | "zephyr-format"
  | "unreadable-json"
  | "json-comments"
  | "unclosed-string"
  | "mention";

/** What was found in one text. */
export interface TextFindings {
  readonly edits: readonly TextEdit[];
  readonly notes: readonly TextNote[];
}

/** Collects findings; of two edits that touch each other the first one stays. */
export interface FindingCollector {
  edit(start: number, end: number, after: string, why: string): void;
  note(at: number, kind: NoteKind): void;
  done(): TextFindings;
}

export function collectFindings(text: string): FindingCollector {
  const edits: TextEdit[] = [];
  const notes = new Map<string, TextNote>();
  return {
    edit(start, end, after, why) {
      const before = text.slice(start, end);
      if (before !== after) edits.push({ start, end, before, after, why });
    },
    note: (at, kind) => notes.set(`${at} ${kind}`, { at, kind }),
    done() {
      const kept: TextEdit[] = [];
      // The sort is stable: at one place the edit found first wins.
      for (const edit of edits.sort((a, b) => a.start - b.start))
        if (edit.start >= (kept.at(-1)?.end ?? 0)) kept.push(edit);
      return { edits: kept, notes: [...notes.values()].sort((a, b) => a.at - b.at) };
    },
  };
}

/** The text with all edits made; they have to be in order and apart, as `done` gives them. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, after } of edits) {
    result += text.slice(at, start) + after;
    at = end;
  }
  return result + text.slice(at);
}

/** Tells the number of the line, from 1, that holds a position. */
export function lineFinder(text: string): (position: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) ends.push(at);
  return (position) => countBelow(ends, position) + 1;
}

/** How many of the sorted numbers are below a limit. */
export function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
