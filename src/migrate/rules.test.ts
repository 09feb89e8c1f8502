import { describe, expect, it } from "vitest";
import { CATALOGUE, findEntry } from "../models/index.ts";
import { isOldContext, NEW_SETTINGS, newBaseUrl, newModelName, oldIds, settingOf } from "./rules.ts";

describe("rules", () => {
  it("write what the catalogue has under the new id", () => {
    const entry = findEntry(NEW_SETTINGS.id)!;
    expect(entry.repo).toBe(NEW_SETTINGS.repo);
    expect(entry.files.map(({ path }) => path)).toEqual([NEW_SETTINGS.file]);
    expect(entry.contextDefault).toBe(NEW_SETTINGS.context);
    expect(entry.needsRepair).toBeUndefined();
  });

  it("know the catalogue's TinyLlama as the old model", () => {
    const old = CATALOGUE.find(({ repo }) => repo === "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF")!;
    expect(newModelName("repo", old.repo!)).toBe(NEW_SETTINGS.repo);
    expect(newModelName("file", old.files[0]!.path)).toBe(NEW_SETTINGS.file);
    expect(isOldContext(String(old.contextDefault), false)).toBe(true);
  });

  it.each([
    ["http://localhost:8000", "http://localhost:8000/v1"],
    ["http://localhost:8000//", "http://localhost:8000/v1"],
    ["http://[::1]:1/v1/chat/completions", "http://[::1]:1/v1"],
    ["https://h/proxy/v1/completions/", "https://h/proxy/v1"],
    ["http://h/v1", undefined],
    ["http://h/v1/", undefined],
    ["http://h/api", "unknown"],
    ["http://h/v2?x=1", "unknown"],
    ["$BASE_URL", undefined],
  ])("base_url %s becomes %s", (url, expected) => {
    expect(newBaseUrl(url)).toBe(expected);
    if (expected?.startsWith("http")) expect(newBaseUrl(expected)).toBeUndefined();
  });

  it("know a setting by its name and an id by its bounds", () => {
    expect(
      ["DEFAULT_MODEL_REPO", "app_default_model_path", "default-context-length", "MODEL_REPO"].map(settingOf),
    ).toEqual(["repo", "path", "context", undefined]);
    expect(oldIds("local-tinyllama-1.1b-chat, openai/local-tinyllama-1.1b-chat.")).toHaveLength(2);
    expect(
      oldIds("x-local-tinyllama-1.1b-chat local-tinyllama-1.1b-chat-v2 local-tinyllama-1.1b-chat.gguf"),
    ).toEqual([]);
  });
});
