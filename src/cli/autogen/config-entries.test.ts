import { describe, expect, it } from "vitest";
import { CONFIG_FORMATS, configEntries } from "./config-entries.ts";
import { printJson } from "./print-json.ts";

const FACTS = { baseUrl: "http://127.0.0.1:8080/v1", apiKey: "local" };
const MODELS = [
  { id: "mixtral", context: 32_768, tier: "large" },
  { id: "tiny", context: 2_048, tier: "small" },
  { id: "other", context: undefined, tier: undefined },
] as const;

describe("configEntries", () => {
  it("switches AutoGen 0.2's cache off by the key that wins over every other", () => {
    expect(configEntries("0.2", MODELS, FACTS)).toEqual([
      {
        model: "mixtral",
        base_url: "http://127.0.0.1:8080/v1",
        api_key: "local",
        api_type: "openai",
        price: [0, 0],
        tags: ["local", "large"],
        timeout: 600,
        max_tokens: 1_024,
        cache_seed: null,
      },
      expect.objectContaining({ model: "tiny", tags: ["local", "small"], max_tokens: 512 }),
      expect.objectContaining({ model: "other", tags: ["local"], max_tokens: 512 }),
    ]);
  });

  it("gives AG2 no null and not both of temperature and top_p", () => {
    for (const entry of configEntries("ag2", MODELS, FACTS)) {
      expect(Object.values(entry)).not.toContain(null);
      expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(["temperature", "top_p"]));
    }
  });

  it("gives autogen-ext what its component loader and ModelInfo demand", () => {
    const [entry] = configEntries("0.4", MODELS, FACTS) as unknown as [
      { provider: string; config: Record<string, unknown> },
    ];
    expect(entry.provider).toBe("autogen_ext.models.openai.OpenAIChatCompletionClient");
    expect(Object.keys(entry.config.model_info as object).sort()).toEqual(
      [
        "vision",
        "function_calling",
        "json_output",
        "structured_output",
        "multiple_system_messages",
        "family",
      ].sort(),
    );
  });

  it("never asks for more than the context, however small", () => {
    for (const context of [1, 3, 4, 255]) {
      const [entry] = configEntries("0.2", [{ id: "m", context, tier: undefined }], FACTS);
      expect(entry!.max_tokens).toBeGreaterThan(0);
      expect(entry!.max_tokens).toBeLessThanOrEqual(context);
    }
  });

  it("prints what parses to the same, in ASCII, whatever a server calls its models", () => {
    const hostile = '\u001b]0;x\u0007"\\\u202e\u2028é\ud83d\ude00';
    for (const format of CONFIG_FORMATS) {
      const entries = configEntries(format, [{ id: hostile, context: 10, tier: undefined }], FACTS);
      const text = printJson(entries);
      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      expect(JSON.parse(text)).toEqual(entries);
    }
  });
});
