import { describe, expect, it } from "vitest";
import { type Fault, fakeServer, MODEL } from "../../test/support/fake-openai-server.ts";
import { checkEntry } from "./check-entry.ts";

const entry = { model: MODEL, base_url: "http://fake.test/v1", max_tokens: 48 };
const check = (send: typeof fetch) =>
  checkEntry({
    ...{ entry, key: "local", question: "Say river.", timeoutMs: 5_000, fetch: send },
    signal: new AbortController().signal,
  });

describe("checkEntry", () => {
  it("sends one request as AutoGen 0.2 does, and holds the rules against its reply", async () => {
    const bodies: unknown[] = [];
    const good = fakeServer();
    const { text, rules } = await check((url, init) => {
      if (init?.method === "POST") bodies.push(JSON.parse(String(init.body)));
      return good(url, init);
    });
    expect(text).not.toBe("");
    expect(rules.map(({ id, status }) => [id, status])).toEqual([
      ["reply-form", "pass"],
      ["usage", "pass"],
      ["model-echo", "pass"],
      ["no-function-call", "pass"],
      ["no-empty-tool-calls", "pass"],
    ]);
    expect(bodies).toEqual([
      {
        messages: [
          { role: "system", content: "You are a helpful AI assistant." },
          { role: "user", content: "Say river.", name: "user_proxy" },
        ],
        ...{ model: MODEL, max_tokens: 48, temperature: 0, stream: false },
      },
    ]);
  });

  it("notices each fault that breaks the library", async () => {
    const caught: Partial<Record<Fault, string>> = {
      "function-call": "no-function-call",
      "empty-tool-calls": "no-empty-tool-calls",
      "other-model-echoed": "model-echo",
      "no-usage": "usage",
    };
    for (const [fault, rule] of Object.entries(caught)) {
      const { rules } = await check(fakeServer(fault as Fault));
      expect(rules.find(({ id }) => id === rule)?.status, fault).toBe("fail");
    }
  });

  it("tells a refusal with the server's own words, made safe to show", async () => {
    const refusing = async () => Response.json({ error: { message: "no \u001b[31mroom" } }, { status: 503 });
    await expect(check(refusing)).rejects.toMatchObject({
      code: "OUTPUT_INVALID",
      message: "The server refuses the request: status 503",
      hint: "no \\x1b[31mroom",
    });
  });
});
