/** What a migration cannot do itself, in words, with the places. */

import { lineFinder, type NoteKind, type TextNote } from "./text-edit.ts";

export interface MigrationWarning {
  /** Stable name. */
  readonly id: NoteKind | "autogen-cache" | "encoding" | "too-large" | "unreadable";
  /** What is the matter and what to do, one or two sentences. */
  readonly message: string;
  /** Paths from the project's folder; `line` counts from 1. */
  readonly places: readonly { readonly path: string; readonly line?: number }[];
}

type NotedWarning = { readonly [K in NoteKind]: string };

/** In the order in which they are shown. */
const MESSAGES: NotedWarning = {
  "unreadable-json": "This is no JSON that can be read, so it was left alone. Mend it and run again.",
  "json-comments":
    "AutoGen reads a config list with json.load, which refuses comments and trailing commas. They were kept.",
  "unclosed-string": "A string is not closed, so the file was left alone. Mend it and run again.",
  "f-string": "An f-string names the old model. Part of it is code, so change it by hand.",
  "joined-string": "The old model's name is put together from several strings. Change it by hand.",
  "computed-context": "DEFAULT_CONTEXT_LENGTH is computed. Mixtral's default here is 4,096.",
  "other-model": "This setting names another model than TinyLlama. It was left alone.",
  "old-mixtral":
    "This Mixtral file is of December 2023 and does not load in today's llama.cpp. Run `npx assay models repair FILE --output F`, or take the present-day file.",
  "other-path":
    "This base_url does not end in /v1, and what it should be is not known. OpenAI clients need /v1.",
  "no-api-key": 'This entry has no "api_key". OpenAI clients want one that is not empty; "local" will do.',
  "cache-seed":
    "AutoGen caches answers under this cache_seed. Set it to None (null) while models change: the cache's key leaves out base_url.",
  "context-2048": "This holds TinyLlama's context of 2,048 tokens. Mixtral takes 4,096 here, up to 32,768.",
  "zephyr-format":
    'chat_format "zephyr" is TinyLlama\'s template. Mixtral has its own; leave the choice to the server.',
  mention:
    "TinyLlama is still named here, in comments, texts or code that is no setting. Look whether it matters.",
};

/** Warnings of all notes, those of one kind together. */
export function noteWarnings(
  files: readonly { readonly path: string; readonly text: string; readonly notes: readonly TextNote[] }[],
): readonly MigrationWarning[] {
  const noted = files.map(({ path, text, notes }) => {
    const lineOf = lineFinder(text);
    return { path, lines: notes.map(({ at, kind }) => ({ kind, line: lineOf(at) })) };
  });
  return (Object.keys(MESSAGES) as NoteKind[]).flatMap((id) => {
    const places = noted.flatMap(({ path, lines }) => {
      const own = new Set(lines.filter(({ kind }) => kind === id).map(({ line }) => line));
      return [...own].map((line) => ({ path, line }));
    });
    return places.length === 0 ? [] : [{ id, message: MESSAGES[id], places }];
  });
}
