import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits } from "../../migrate/index.ts";
import { type ConfigEntry, type ConfigFormat, configEntries, ID_PATHS } from "./config-entries.ts";
import { entryId, mergeEntries } from "./merge-entries.ts";

const FACTS = { baseUrl: "http://127.0.0.1:8080/v1", apiKey: "local" };
const entriesOf = (format: ConfigFormat, ...ids: string[]) =>
  configEntries(
    format,
    ids.map((id) => ({ id, context: 4_096, tier: "large" as const })),
    FACTS,
  );

function merged(text: string, entries = entriesOf("0.2", "mixtral"), format: ConfigFormat = "0.2") {
  const result = mergeEntries(text, entries, ID_PATHS[format]);
  if (result === undefined) throw new Error("no list");
  return { ...result, text: applyEdits(text, result.edits) };
}

describe("mergeEntries", () => {
  it("fills an empty list, whatever its brackets look like", () => {
    for (const text of ["[]", "[\n]\n", " [ ] ", "\ufeff[]", "[\n  // none yet\n]"])
      expect(JSON.parse(merged(text).text.replace("\ufeff", "").replace("// none yet", "")), text).toEqual(
        entriesOf("0.2", "mixtral"),
      );
  });

  it("corrects an entry in place and leaves the user's own choices and comments", () => {
    const text =
      '[\n  {\n    "model": "mixtral", // the large one\n    "base_url": "http://127.0.0.1:8080/v1",\n    "api_key": "kept",\n    "timeout": 30, "cache_seed": 41,\n  },\n]\n';
    const { text: after, changed, added } = merged(text);
    expect([changed, added]).toEqual([["mixtral"], []]);
    expect(after).toContain("// the large one");
    const entry = JSON.parse(after.replace("// the large one", "").replaceAll(/,(?=\s*[}\]])/g, ""))[0];
    expect(entry).toMatchObject({ api_key: "kept", timeout: 30, cache_seed: null, price: [0, 0] });
  });

  it("takes a key out of an entry that goes to another address", () => {
    const { text } = merged('[{"model": "mixtral", "base_url": "https://far.test/v1", "api_key": "sk-far"}]');
    expect(JSON.parse(text)).toMatchObject([{ base_url: FACTS.baseUrl, api_key: "local" }]);
    const { text: silent } = merged('[{"model": "mixtral", "api_key": "sk-far"}]');
    expect(silent).not.toContain("sk-far");
  });

  it("sets entries of one id alike and tells of them", () => {
    const { text, doubled } = merged('[{"model": "mixtral"}, {"model": "mixtral", "base_url": "http://b"}]');
    expect(doubled).toEqual(["mixtral"]);
    expect(JSON.parse(text).map((entry: ConfigEntry) => entry.base_url)).toEqual([
      FACTS.baseUrl,
      FACTS.baseUrl,
    ]);
  });

  it("knows an id by its value, not by how it is written", () => {
    expect(merged('[{"m\\u006fdel": "mixtr\\u0061l"}]').added).toEqual([]);
  });

  it("corrects the last one of a key that stands twice", () => {
    const { text } = merged('[{"model": "mixtral", "cache_seed": null, "cache_seed": 41}]');
    expect(JSON.parse(text)).toMatchObject([{ cache_seed: null }]);
  });

  it("finds the ids of every format", () => {
    for (const format of ["0.4", "agent-framework", "ag2"] as const) {
      const entries = entriesOf(format, "a", "b");
      const { text } = merged("[]", entries, format);
      expect(merged(text, entries, format).edits).toEqual([]);
      expect(merged(text, entriesOf(format, "b", "c"), format).added).toEqual(["c"]);
    }
  });

  it("refuses what is no list", () => {
    for (const text of ["", "{}", '{"config_list": []}', "[", "[] x", "[{]", "config_list = []"])
      expect(mergeEntries(text, entriesOf("0.2", "a"), ["model"]), text).toBeUndefined();
  });

  it("keeps every other entry, adds what is new, and changes nothing the second time", () => {
    const id = fc.constantFrom<string>("a", "b", 'c"\\', "\u202ed", "é");
    const value = fc.jsonValue({ maxDepth: 2 });
    const entry = fc
      .record({ model: id, base_url: fc.constantFrom("http://x", FACTS.baseUrl) }, { requiredKeys: [] })
      .chain((own) => fc.dictionary(fc.string(), value).map((rest) => ({ ...rest, ...own })));
    const list = fc.array(fc.oneof(entry, value), { maxLength: 5 });
    void fc.assert(
      fc.property(
        list,
        fc.uniqueArray(id, { minLength: 1 }),
        fc.constantFrom(0, 2, "\t"),
        (before, ids, indent) => {
          const entries = entriesOf("0.2", ...ids);
          const { text } = merged(JSON.stringify(before, null, indent), entries);
          const after = JSON.parse(text) as unknown[];
          const isOurs = (it: unknown) => ids.includes((it as ConfigEntry | null)?.model as string);
          const others = (all: readonly unknown[]) => all.filter((it) => !isOurs(it));
          expect(others(after)).toEqual(others(JSON.parse(JSON.stringify(before))));
          for (const wanted of entries)
            expect(
              after.find((it) => (it as ConfigEntry | null)?.model === entryId(wanted, ["model"])),
            ).toMatchObject({ base_url: FACTS.baseUrl, cache_seed: null });
          expect(merged(text, entries).edits).toEqual([]);
        },
      ),
    );
  });
});
