import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { json, wireApp } from "../../../test/support/wire-app.ts";

const PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/responses"] as const;

const GOOD: Record<(typeof PATHS)[number], Record<string, unknown>> = {
  "/v1/chat/completions": { model: "m", messages: [{ role: "user", content: "x" }] },
  "/v1/completions": { model: "m", prompt: "x" },
  "/v1/responses": { model: "m", input: "x" },
};

const FIELDS = [
  ..."model messages prompt input temperature top_p n stop seed logit_bias logprobs top_logprobs tools".split(
    " ",
  ),
  ..."tool_choice response_format text include max_tokens stream stream_options metadata grammar echo".split(
    " ",
  ),
  ..."__proto__ constructor toString".split(" "),
];

/** Values that look like what belongs there, and are not. */
const junk = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, "", "auto", "text", "function", 0, -1, 1e308, 2 ** 53),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "type",
        "role",
        "content",
        "name",
        "function",
        "schema",
        "json_schema",
        "__proto__",
        "x",
      ),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

async function isRefusal(response: Response) {
  const { error } = await json(response);
  expect([response.status, typeof error.message, error.type]).toEqual([
    400,
    "string",
    "invalid_request_error",
  ]);
  expect(error.message.length).toBeLessThan(2_000);
}

describe("a body from anybody", () => {
  it.each(PATHS)("is refused by %s with an error object, whatever it is", async (path) => {
    const { post } = wireApp();
    await fc.assert(
      fc.asyncProperty(fc.oneof(junk, fc.json(), fc.string()), async (body) => {
        const response = await post(path, typeof body === "string" ? body : JSON.stringify(body));
        await isRefusal(response);
      }),
      { numRuns: 150 },
    );
  });

  it.each(PATHS)("with one field of junk is served or refused by %s, never a bug", async (path) => {
    const { post } = wireApp();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FIELDS), junk, async (field, value) => {
        const body = `{${Object.entries(GOOD[path])
          .filter(([name]) => name !== field)
          .map(([name, given]) => `${JSON.stringify(name)}:${JSON.stringify(given)},`)
          .join("")}${JSON.stringify(field)}:${JSON.stringify(value)}}`;
        const response = await post(path, body);
        if (response.status === 200) await response.body?.cancel();
        else await isRefusal(response);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["", "{", "null", "[]", '"x"', "1", '{"model":"m"}{'])("that is %j is no request", async (body) => {
    for (const path of PATHS) await isRefusal(await wireApp().post(path, body));
  });

  it("nested a hundred thousand deep is refused, and breaks no stack", async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const tool = `{"type":"function","function":{"name":"f","parameters":${deep}}}`;
    const body = `{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[${tool}]}`;
    const response = await wireApp().post("/v1/chat/completions", body);
    const { error } = await json(response);
    expect([response.status, error.param]).toEqual([400, "tools[0].function.parameters"]);
    expect(error.message).toContain("nested more than");
  });

  it("whose type is nested as deep is refused too", async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    for (const field of ["response_format", "tool_choice", "metadata", "stop"]) {
      const body = `{"model":"m","messages":[{"role":"user","content":"x"}],"${field}":{"type":${deep}}}`;
      await isRefusal(await wireApp().post("/v1/chat/completions", body));
    }
  });

  it.each<[(typeof PATHS)[number], string, unknown]>([
    ["/v1/chat/completions", "messages", Array(1_000_000).fill(0)],
    ["/v1/chat/completions", "tools", Array(1_000_000).fill(0)],
    ["/v1/chat/completions", "stop", Array(1_000_000).fill(0)],
    ["/v1/completions", "prompt", [...Array(1_000_000).fill(0), "x"]],
    ["/v1/responses", "input", Array(1_000_000).fill(0)],
  ])(
    "of a million wrong items is refused by %s in %s without an issue for each",
    async (path, field, value) => {
      const { post } = wireApp();
      const started = performance.now();
      const response = await post(path, { ...GOOD[path], [field]: value });
      expect((await json(response)).error.param).toBe(field);
      expect(response.status).toBe(400);
      // An issue for each takes many seconds; this bound is far above what one look takes.
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );

  it("shows the name of an unknown field safely and in short", async () => {
    const name = `\u001b[2J${"x".repeat(10_000)}`;
    const { error } = await json(await wireApp().post(PATHS[0], { ...GOOD[PATHS[0]], [name]: 1 }));
    expect(error.message).toContain('"\\x1b[2Jxxx');
    expect(error.message.length).toBeLessThan(300);
  });
});
