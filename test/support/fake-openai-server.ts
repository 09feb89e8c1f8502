/**
 * An OpenAI-compatible server without a model, as a function in fetch's place: right in everything the wire rules
 * look at, or wrong in one way that is known of a real server.
 */

/** Each is the fault of a server or an old version of one; test and rules' sources say whose. */
export const FAULTS = [
  "model-twice",
  "html-for-unknown-address",
  "no-usage",
  "wrong-total",
  "other-model-echoed",
  "function-call",
  "empty-tool-calls",
  "system-refused",
  "system-dropped",
  "alternation-demanded",
  "empty-content-refused",
  "parts-refused",
  "name-refused",
  "max-tokens-ignored",
  "max-completion-tokens-ignored",
  "length-not-told",
  "stop-ignored",
  "stop-border-missed",
  "n-ignored",
  "greedy-changes",
  "context-cut",
  "no-done",
  "chunk-without-id",
  "stream-other-model",
  "no-role",
  "usage-beside-choice",
  "finish-lost",
  "torn-characters",
  "stream-trimmed",
  "tool-choice-ignored",
  "object-choice-refused",
  "object-choice-ignored",
  "none-ignored",
  "finish-stop-with-calls",
  "arguments-object",
  "arguments-invalid",
  "two-calls",
  "null-content-refused",
  "stream-id-twice",
  "stream-no-index",
  "stream-mixed-delta",
  "stream-function-call",
  "stream-arguments-cut",
  "json-object-refused",
  "json-not-json",
  "schema-ignored",
  "schema-fails-open",
  "truncation-hidden",
  "logprobs-ignored",
  "default-model",
  "plain-error",
  "status-500",
  "stream-error-200",
  "cut-by-next",
  "mixed-up",
  "response-other-order",
  "response-numbers",
  "response-text-differs",
  "response-no-call-id",
  "response-previous-ignored",
] as const;
export type Fault = (typeof FAULTS)[number];

export const MODEL = "fake-model";
export const CONTEXT = 2_000;

type Json = Record<string, unknown>;
interface Message {
  role: string;
  content: unknown;
  name?: string;
  tool_calls?: unknown;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** @param fault what it does wrong; nothing without */
export function fakeServer(fault?: Fault): typeof fetch {
  const has = (name: Fault) => fault === name;
  let calls = 0;
  let running: { cut: boolean } | undefined;
  let lastText = "";

  /** What the model says, in pieces that stand for tokens. */
  function answer(body: Json, messages: readonly Message[]): { pieces: string[]; reason: string } {
    const last = contentOf(messages.findLast(({ role }) => role === "user")?.content);
    const word = /repeat[^"]*"([^"]+)"/.exec(last)?.[1];
    let text = word ? `The word is "${word}", as you asked.\n` : "One, two, three, four. ".repeat(60);
    const format = body.response_format as Json | undefined;
    if (format?.type === "json_object") text = has("json-not-json") ? "Sure! {" : '{"word": "river"}';
    if (format?.type === "json_schema") text = bySchema((format.json_schema as Json).schema as Json, last);
    if (has("greedy-changes")) text = `${++calls} ${text}`;
    if (has("mixed-up") && lastText !== "" && running !== undefined) text = lastText;
    lastText = text;
    let pieces = inPieces(text);
    let reason = "stop";
    const stops = [body.stop ?? []].flat() as string[];
    const isHeard = (stop: string) =>
      !has("stop-ignored") && !(has("stop-border-missed") && body.stream === true && !pieces.includes(stop));
    for (const stop of stops.filter(isHeard)) {
      const place = pieces.join("").indexOf(stop);
      if (place >= 0) pieces = inPieces(pieces.join("").slice(0, place));
    }
    const limit = (has("max-tokens-ignored") ? undefined : body.max_tokens) as number | undefined;
    const other = has("max-completion-tokens-ignored")
      ? undefined
      : (body.max_completion_tokens as number | undefined);
    const most = limit ?? other ?? 100;
    if (pieces.length > most) {
      if (format?.type === "json_schema" && !has("truncation-hidden"))
        throw new Refusal(422, `max_tokens ${most} is too small for the JSON.`);
      pieces = pieces.slice(0, most);
      reason = has("length-not-told") || has("truncation-hidden") ? "stop" : "length";
    }
    return { pieces, reason };
  }

  function bySchema(schema: Json, question: string): string {
    const text = JSON.stringify(schema);
    const keyword = ["not", "pattern"].find((it) => text.includes(`"${it}":`));
    if (/strnig/.test(text) || keyword !== undefined) {
      if (has("schema-fails-open")) return '{"answer": "yes"}';
      throw new Refusal(400, `The schema cannot be kept: ${keyword ?? "type"}.`);
    }
    if (has("schema-ignored")) return `Of course: ${question}`;
    if (text.includes("minItems")) return JSON.stringify({ hours: Array.from({ length: 20 }, () => 10) });
    return '{"day": "friday", "hour": 14}';
  }

  function check(body: Json): readonly Message[] {
    const { messages, temperature = 0, model } = body;
    if (model !== MODEL && !has("default-model"))
      throw new Refusal(404, `There is no model ${String(model)}.`);
    const isList = Array.isArray(messages) && messages.every((it) => typeof it === "object" && it !== null);
    if (!isList || typeof temperature !== "number" || temperature < 0)
      throw new Refusal(has("status-500") ? 500 : 400, "messages or temperature is wrong.");
    const list = messages as Message[];
    if (list.some(({ role }) => !["system", "user", "assistant", "tool"].includes(role)))
      throw new Refusal(400, "There is no such role.");
    if (has("system-refused") && list.some(({ role }) => role === "system"))
      throw new Refusal(500, "Only user and assistant roles are supported!");
    const isRepeated = list.some(({ role }, i) => role === list[i - 1]?.role);
    if (has("alternation-demanded") && isRepeated) throw new Refusal(500, "Roles must alternate.");
    if (has("empty-content-refused") && list.some(({ content }) => content === ""))
      throw new Refusal(400, "Empty.");
    if (has("null-content-refused") && list.some(({ content }) => content === null))
      throw new Refusal(422, "Null.");
    if (has("parts-refused") && list.some(({ content }) => Array.isArray(content)))
      throw new Refusal(400, "Parts.");
    if (has("name-refused") && list.some(({ name }) => name !== undefined))
      throw new Refusal(400, "name: extra.");
    return list;
  }

  function promptTokens(messages: readonly Message[]): number {
    const read = has("system-dropped") ? messages.filter(({ role }) => role !== "system") : messages;
    const words = read.map(({ content }) => contentOf(content).split(/\s+/).length + 2);
    const count = words.reduce((sum, it) => sum + it, 0);
    if (count <= CONTEXT) return count;
    if (has("context-cut")) return CONTEXT;
    throw new Refusal(400, `The prompt has ${count} tokens; the context has room for ${CONTEXT}.`);
  }

  function toolCalls(body: Json): { name: string; arguments: unknown }[] | undefined {
    const tools = body.tools as { function: { name: string; parameters: object } }[] | undefined;
    const choice = body.tool_choice ?? (tools ? "auto" : "none");
    if (!tools || choice === "auto" || (choice === "none" && !has("none-ignored"))) return undefined;
    if (has("tool-choice-ignored")) return undefined;
    let name = tools[0]!.function.name;
    if (typeof choice === "object") {
      if (has("object-choice-refused")) throw new Refusal(400, "tool_choice must be a string.");
      const wanted = (choice as { function: { name: string } }).function.name;
      if (!has("object-choice-ignored")) name = wanted;
      if (!has("object-choice-ignored") && !tools.some((tool) => tool.function.name === wanted))
        throw new Refusal(400, `tool_choice names ${wanted}, which is not among the tools.`);
    }
    if (JSON.stringify(tools).includes('"not":') && !has("schema-fails-open"))
      throw new Refusal(400, "The tool's schema cannot be kept: not.");
    const value =
      name === "find_room"
        ? { room: "red" }
        : { day: has("arguments-invalid") ? "sunday" : "tuesday", hour: 10 };
    const text = has("arguments-object") ? value : JSON.stringify(value);
    const call = { name, arguments: text };
    return has("two-calls") ? [call, call] : [call];
  }

  const base = (body: Json, object: string): Json => ({
    ...(!(has("chunk-without-id") && body.stream) && { id: "chatcmpl-1" }),
    object,
    created: 1_700_000_000,
    model:
      has("other-model-echoed") || (has("stream-other-model") && body.stream)
        ? "real-model.gguf"
        : body.model,
  });

  const logprobOf = (token: string) => ({ token, logprob: -0.1, bytes: [...Buffer.from(token)] });

  function chat(body: Json, signal: AbortSignal | undefined): Response {
    if (running && has("cut-by-next")) running.cut = true;
    const messages = check(body);
    const prompt = promptTokens(messages);
    const found = toolCalls(body);
    if (has("json-object-refused") && (body.response_format as Json | undefined)?.type === "json_object")
      throw new Refusal(400, "'response_format.type' must be 'json_schema'");
    const { pieces, reason } = found ? { pieces: [], reason: "tool_calls" } : answer(body, messages);
    const ids = found?.map((call, i) => ({ id: `call_${i}`, type: "function", function: call }));
    const finish = has("finish-stop-with-calls") ? "stop" : reason;
    const completion = found ? 12 : pieces.length;
    const usage = {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion + (has("wrong-total") ? 1 : 0),
      prompt_tokens_details: { cached_tokens: 0 },
    };
    if (body.stream) return streamed(body, pieces, ids, finish, usage, signal);
    const content = found ? null : pieces.join("");
    const message = {
      role: "assistant",
      content,
      ...(ids && { tool_calls: ids }),
      ...(has("empty-tool-calls") && !ids && { tool_calls: [] }),
      ...(has("function-call") && { function_call: { name: "", arguments: "" } }),
    };
    const tokens = pieces.map((piece) => ({ ...logprobOf(piece), top_logprobs: [logprobOf(piece)] }));
    const logprobs = body.logprobs && !has("logprobs-ignored") ? { content: tokens } : null;
    const count = has("n-ignored") ? 1 : ((body.n as number | undefined) ?? 1);
    const choices = Array.from({ length: count }, (_, index) => ({
      index,
      message,
      logprobs,
      finish_reason: finish,
    }));
    return json({ ...base(body, "chat.completion"), choices, ...(!has("no-usage") && { usage }) });
  }

  function streamed(
    body: Json,
    pieces: readonly string[],
    calls: readonly { id: string; function: { name: string; arguments: unknown } }[] | undefined,
    finish: string,
    usage: Json,
    signal: AbortSignal | undefined,
  ): Response {
    const chunk = (delta: Json, finish_reason: string | null = null, more: Json = {}) => ({
      ...base(body, "chat.completion.chunk"),
      choices: [{ index: 0, delta, finish_reason }],
      ...more,
    });
    let texts = has("stream-trimmed") ? inPieces(pieces.join("").trim()) : [...pieces];
    if (has("torn-characters")) texts = texts.join("").match(/[\s\S]/g) ?? [];
    const chunks: Json[] = [chunk(has("no-role") ? { content: "" } : { role: "assistant", content: "" })];
    if (calls && has("stream-mixed-delta")) chunks.push(chunk({ content: "Let me ", tool_calls: [] }));
    for (const text of texts) chunks.push(chunk({ content: text }));
    for (const [place, call] of (calls ?? []).entries()) {
      const index = has("stream-no-index") ? undefined : place;
      const { name, arguments: text } = call.function;
      const half = String(text).length >> 1;
      const first = {
        index,
        id: call.id,
        type: "function",
        function: { name, arguments: String(text).slice(0, half) },
      };
      const rest = has("stream-arguments-cut") ? "" : String(text).slice(half);
      const second = {
        index,
        ...(has("stream-id-twice") && { id: call.id }),
        function: { ...(has("stream-id-twice") && { name }), arguments: rest },
      };
      const content = has("stream-mixed-delta") ? { content: "call " } : {};
      chunks.push(chunk({ ...content, tool_calls: [first] }), chunk({ tool_calls: [second] }));
      if (has("stream-function-call")) chunks.push(chunk({ function_call: { name, arguments: text } }));
    }
    const wanted = (body.stream_options as Json | undefined)?.include_usage === true;
    chunks.push(
      chunk({}, has("finish-lost") ? null : finish, wanted && has("usage-beside-choice") ? { usage } : {}),
    );
    if (wanted && !has("usage-beside-choice"))
      chunks.push({ ...base(body, "chat.completion.chunk"), choices: [], usage });
    const lines = chunks.map((it) => `data: ${JSON.stringify(it)}\n\n`);
    if (!has("no-done")) lines.push("data: [DONE]\n\n");
    const own = { cut: false };
    running = own;
    let at = 0;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (own.cut || signal?.aborted || at >= lines.length) {
            if (running === own) running = undefined;
            return controller.close();
          }
          controller.enqueue(new TextEncoder().encode(lines[at++]));
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
  }

  function completions(body: Json): Response {
    check({ ...body, messages: [] });
    const prompts = [body.prompt].flat() as string[];
    const list = ["a", " b", " c"];
    const logprobs = body.logprobs
      ? { tokens: list, token_logprobs: [-1, -1, -1], top_logprobs: [{}, {}, {}], text_offset: [0, 1, 3] }
      : null;
    const choices = prompts.map((_, index) => ({ index, text: "a b c", logprobs, finish_reason: "stop" }));
    return json({ ...base(body, "text_completion"), choices });
  }

  function responses(body: Json): Response {
    if (body.previous_response_id !== undefined && !has("response-previous-ignored"))
      throw new Refusal(400, "previous_response_id is not known.");
    const input = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
    const messages = check({
      ...body,
      messages: (input as Json[]).map((it) => ({ role: "user", content: "", ...it })),
    });
    const format = (body.text as { format?: Json } | undefined)?.format;
    const response_format = format && { type: format.type, json_schema: format };
    const isCall = body.tool_choice === "required";
    const { pieces, reason } = isCall
      ? { pieces: ['{"day":"tues', 'day","hour":10}'], reason: "stop" }
      : answer({ ...body, response_format, max_tokens: body.max_output_tokens, stream: false }, messages);
    const text = pieces.join("");
    const item = isCall
      ? {
          type: "function_call",
          id: "fc_1",
          ...(!has("response-no-call-id") && { call_id: "call_1" }),
          name: "book_meeting",
          arguments: text,
        }
      : {
          type: "message",
          id: "msg_1",
          role: "assistant",
          content: [{ type: "output_text", text, annotations: [] }],
        };
    const cut = reason === "length";
    const response = {
      ...{ id: "resp_1", object: "response", created_at: 1_700_000_000, model: body.model },
      status: cut ? "incomplete" : "completed",
      ...(cut && { incomplete_details: { reason: "max_output_tokens" } }),
      output: [item],
      usage: { input_tokens: 9, output_tokens: pieces.length, total_tokens: 9 + pieces.length },
    };
    if (!body.stream) return json(response);
    const place = { output_index: 0, item_id: item.id };
    const part = { ...place, content_index: 0 };
    const kind = isCall ? "response.function_call_arguments" : "response.output_text";
    const value = isCall
      ? { arguments: text }
      : { text: has("response-text-differs") ? text.trim().slice(1) : text };
    const events: [string, Json][] = [
      ["response.created", { response: { ...response, status: "in_progress", output: [] } }],
      ["response.output_item.added", { output_index: 0, item }],
      ...(isCall ? [] : ([["response.content_part.added", part]] as [string, Json][])),
      ...pieces.map((delta): [string, Json] => [`${kind}.delta`, { ...part, delta }]),
      [`${kind}.done`, { ...part, ...value }],
      ...(isCall ? [] : ([["response.content_part.done", part]] as [string, Json][])),
      ["response.output_item.done", { output_index: 0, item }],
      [cut ? "response.incomplete" : "response.completed", { response }],
    ];
    if (has("response-other-order")) events.unshift(events.pop()!);
    const lines = events.map(([type, more], i) => {
      const sequence_number = has("response-numbers") ? 1 : i;
      return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...more })}\n\n`;
    });
    return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
  }

  function route(
    method: string,
    path: string,
    type: string,
    text: string,
    signal: AbortSignal | undefined,
  ): Response {
    if (method === "GET" && path === "/v1/models") {
      const entry = { id: MODEL, object: "model", created: 1, owned_by: "fake", context: CONTEXT };
      return json({ object: "list", data: has("model-twice") ? [entry, entry] : [entry] });
    }
    if (method === "GET" && path === `/v1/models/${MODEL}`) return json({ id: MODEL, object: "model" });
    const routes: Record<string, (body: Json) => Response> = {
      "/v1/chat/completions": (body) => chat(body, signal),
      "/v1/completions": completions,
      "/v1/responses": responses,
    };
    const handle = routes[path];
    if (handle === undefined) {
      if (has("html-for-unknown-address")) return new Response("<html>Not Found</html>", { status: 404 });
      throw new Refusal(404, "There is no such address; base_url ends in /v1.");
    }
    if (type !== "application/json") throw new Refusal(415, "Send application/json.");
    let body: Json;
    try {
      body = JSON.parse(text) as Json;
    } catch {
      throw new Refusal(400, "The body is no JSON.");
    }
    if ("no_such_field" in body) throw new Refusal(400, "Unknown field no_such_field.");
    return handle(body);
  }

  return async (input, init) => {
    const { pathname } = new URL(String(input));
    const type = new Headers(init?.headers).get("content-type") ?? "";
    const body = typeof init?.body === "string" ? init.body : "";
    // A long task takes its time.
    if (body.includes('"max_tokens":400') && !body.includes('"stream":true')) await wait(500, init?.signal);
    try {
      return route(init?.method ?? "GET", pathname, type, body, init?.signal ?? undefined);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message } = error;
      if (has("stream-error-200") && body.includes('"stream":true'))
        return new Response(`data: ${JSON.stringify({ error: { message } })}\n\n`, {
          headers: { "content-type": "text/event-stream" },
        });
      if (has("plain-error")) return new Response(message, { status });
      return json({ error: { message, type: "invalid_request_error", param: null, code: null } }, status);
    }
  };
}

/** Three characters stand for a token. */
function inPieces(text: string): string[] {
  return [...(text.match(/[\s\S]{1,3}/gu) ?? [])];
}

function contentOf(content: unknown): string {
  if (Array.isArray(content)) return content.map(({ text }) => text as string).join("");
  return typeof content === "string" ? content : "";
}

function wait(milliseconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
  });
}

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
