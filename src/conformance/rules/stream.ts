/** Streams of text: lines, chunks, usage, ends. */

import { textOf } from "../chat-reply.ts";
import { type ChatStream, chatStream } from "../chat-stream.ts";
import { fail, note, pass, shown, skip } from "../evidence.ts";
import { isCount, isObject, isText, objectsOf } from "../json-value.ts";
import { chat, PLAIN, PLAIN_STREAM, STREAM_WITH_USAGE, user } from "../requests.ts";
import { ALL_CLIENTS, type WireRule } from "../wire-rule.ts";
import {
  AG2,
  AI_SDK,
  AUTOGEN_02,
  AUTOGEN_EXT,
  CHAT_REFERENCE,
  OPENAI_NODE_CHAT_STREAM,
  OPENAI_NODE_STREAM,
} from "./sources.ts";

const CHAT = "/chat/completions";

const linesRule: WireRule = {
  id: "stream-lines",
  asks: "a stream is text/event-stream of data lines, and [DONE] is the last",
  clients: ALL_CLIENTS,
  sends: "the plain question as a stream",
  source: OPENAI_NODE_STREAM,
  async check({ post }) {
    const reply = await post(CHAT, PLAIN_STREAM);
    chatStream(reply);
    const { events, strangers, complete } = reply.stream;
    if (reply.contentType !== "text/event-stream") return fail("Another content type", reply.contentType);
    if (strangers.length > 0) return fail("A line is no field of the protocol", strangers[0]);
    const done = events.findIndex(({ data }) => data === "[DONE]");
    if (done < 0) return fail("There is no [DONE]", events.at(-1)?.data);
    if (done < events.length - 1) return fail("Events come after [DONE]", events[done + 1]?.data);
    if (!complete) return fail("The last event lacks its empty line, so clients drop it");
    return pass(`${events.length - 1} chunks, then [DONE]`);
  },
};

const chunkRule: WireRule = {
  id: "chunk-fields",
  asks: "every chunk has id, object, created and model, and one id",
  clients: ["AutoGen 0.2", "AG2", "Agent Framework", "openai-node", "LangChain"],
  sends: "the plain question as a stream",
  source: `${AUTOGEN_02} (chunk.id, chunk.model, chunk.created)`,
  async check({ post }) {
    const { chunks } = chatStream(await post(CHAT, PLAIN_STREAM));
    const bad = chunks.find(
      ({ id, object, created, model, choices }) =>
        !isText(id) ||
        object !== "chat.completion.chunk" ||
        !isCount(created) ||
        !isText(model) ||
        !Array.isArray(choices),
    );
    if (bad !== undefined) return fail("A chunk lacks a field", bad);
    const ids = new Set(chunks.map(({ id }) => id));
    return ids.size === 1
      ? pass(`${chunks.length} chunks of one id`)
      : fail("Chunks of several ids", [...ids]);
  },
};

const echoRule: WireRule = {
  id: "stream-model-echo",
  asks: "model in every chunk is the id that was asked for",
  clients: ["autogen-ext 0.4+", "AutoGen 0.2"],
  sends: "the plain question as a stream",
  source: `${AUTOGEN_EXT} (maybe_model)`,
  async check({ post, model }) {
    const { chunks } = chatStream(await post(CHAT, PLAIN_STREAM));
    const other = chunks.find((chunk) => chunk.model !== model);
    return other === undefined ? pass("The same id") : fail("Another id", other.model);
  },
};

const roleRule: WireRule = {
  id: "stream-role",
  asks: "the first delta names the role, and no other changes it",
  clients: ["openai-node", "LangChain"],
  sends: "the plain question as a stream",
  source: `${OPENAI_NODE_CHAT_STREAM}: without a role no content events`,
  async check({ post }) {
    const { parts } = chatStream(await post(CHAT, PLAIN_STREAM));
    const roles = parts.map(({ delta }) => delta.role).filter(isText);
    if (parts[0]?.delta.role !== "assistant") return fail("The first delta has no role", parts[0]?.choice);
    return roles.every((role) => role === "assistant")
      ? pass("assistant")
      : fail("A delta names another role", roles);
  },
};

const finishRule: WireRule = {
  id: "stream-finish-reason",
  asks: "one finish_reason, in the last chunk that has a choice",
  clients: ["AutoGen 0.2", "AG2", "AI SDK", "openai-node", "LangChain"],
  sends: "the plain question as a stream, with and without usage",
  source: `${AG2} (finish_reasons[choice.index] is overwritten by each chunk); ${AI_SDK}`,
  async check({ post }) {
    for (const body of [PLAIN_STREAM, STREAM_WITH_USAGE]) {
      const stream = chatStream(await post(CHAT, body));
      if (stream.finishReasons.length !== 1)
        return fail(`${stream.finishReasons.length} finish reasons`, stream.finishReasons);
      const last = stream.parts.at(-1)?.choice;
      if (!isText(last?.finish_reason)) return fail("A chunk with a choice comes after it", last);
    }
    return pass("In the last chunk with a choice");
  },
};

const usageChunkRule: WireRule = {
  id: "stream-usage-chunk",
  asks: "usage that was asked for is in one last chunk whose choices are empty, and in no other",
  clients: ["AG2", "autogen-ext 0.4+", "Agent Framework", "LangChain", "AI SDK"],
  sends: "the plain question as a stream with include_usage",
  source: `${AG2} reads usage where choices are empty; ${AUTOGEN_EXT} loses the finish reason otherwise`,
  async check({ post }) {
    const { chunks } = chatStream(await post(CHAT, STREAM_WITH_USAGE));
    const withUsage = chunks.filter(({ usage }) => isObject(usage));
    const beside = withUsage.find(({ choices }) => objectsOf(choices).length > 0);
    if (beside !== undefined) return fail("usage stands beside a choice", beside);
    if (withUsage.length !== 1) return fail(`${withUsage.length} chunks with usage`, chunks.at(-1));
    if (chunks.at(-1) !== withUsage[0]) return fail("The chunk with usage is not the last", chunks.at(-1));
    const { usage } = withUsage[0] as { usage: Record<string, unknown> };
    const isWhole =
      isCount(usage.prompt_tokens) && isCount(usage.completion_tokens) && isCount(usage.total_tokens);
    return isWhole ? pass("One last chunk with empty choices") : fail("A count is missing", usage);
  },
};

const usageUnaskedRule: WireRule = {
  id: "stream-usage-unasked",
  asks: "without include_usage no chunk has empty choices",
  clients: ["autogen-ext 0.4+", "LangChain"],
  sends: "the plain question as a stream",
  source: `${AUTOGEN_EXT} counts and warns of empty chunks; code that reads choices[0] breaks`,
  async check({ post }) {
    const { chunks } = chatStream(await post(CHAT, PLAIN_STREAM));
    const empty = chunks.find(({ choices }) => Array.isArray(choices) && choices.length === 0);
    return empty === undefined ? pass("Every chunk has a choice") : note("A chunk has empty choices", empty);
  },
};

const sameTextRule: WireRule = {
  id: "stream-same-text",
  asks: "a greedy stream gives the text of the plain reply",
  clients: ALL_CLIENTS,
  sends: "the plain question, plain and as a stream",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const text = textOf(await post(CHAT, PLAIN));
    const streamed = chatStream(await post(CHAT, PLAIN_STREAM)).text;
    if (text === streamed) return pass("The same text");
    return text.trim() === streamed.trim()
      ? fail("Blanks at an end are lost or added", [text, streamed])
      : note("Another text", [text, streamed]);
  },
};

const unicodeRule: WireRule = {
  id: "stream-unicode",
  asks: "characters of several bytes are never split over chunks",
  clients: ALL_CLIENTS,
  sends: "a question with é, 你好 and 🙂, plain and as a stream",
  source: `${OPENAI_NODE_STREAM} decodes each line by itself`,
  async check({ post }) {
    const body = chat([user('Please repeat: "naïve café, 你好, 🙂 Ελλάδα"')], { max_tokens: 48 });
    const text = textOf(await post(CHAT, body));
    const reply = await post(CHAT, { ...body, stream: true });
    const stream = chatStream(reply);
    if (!reply.isUtf8) return fail("The bytes of the stream are not UTF-8");
    const torn = stream.parts.find(({ delta }) => /[\ud800-\udfff]/u.test(String(delta.content ?? "")));
    if (torn !== undefined) return fail("A delta holds half of a character", torn.delta);
    // A model may write bytes that are no character; then the plain reply has the sign for it too.
    const signs = (it: string) => it.split("\ufffd").length - 1;
    return signs(stream.text) > signs(text)
      ? fail("The stream holds U+FFFD where the plain reply does not", stream.text)
      : pass("Whole characters alone");
  },
};

const stopRule: WireRule = {
  id: "stream-stop",
  asks: "a stop string over the border of two chunks is found, and none of it is sent",
  clients: ["AutoGen 0.2", "AG2", "LangChain", "AI SDK"],
  sends: "the plain question as a stream, then with what lies around a border as stop",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const stop = borderOf(chatStream(await post(CHAT, PLAIN_STREAM)));
    if (stop === undefined) return skip("The answer came in one piece");
    const { text, finishReasons } = chatStream(await post(CHAT, { ...PLAIN_STREAM, stop }));
    if (text.includes(stop)) return fail("The stop string stands in the answer", text);
    return finishReasons[0] === "stop"
      ? pass(`Ended before ${shown(JSON.stringify(stop))}`)
      : fail('finish_reason is not "stop"', finishReasons);
  },
};

/** The characters on both sides of a border between two texts. */
function borderOf({ parts }: ChatStream): string | undefined {
  const texts = parts.map(({ delta }) => delta.content).filter(isText);
  for (let i = 1; i + 1 < texts.length; i++) {
    const stop = `${[...texts[i]!].at(-1)}${[...texts[i + 1]!][0]}`;
    if (texts.join("").indexOf(stop) > 0 && stop.trim().length === stop.length) return stop;
  }
  return undefined;
}

export const STREAM_RULES = [
  linesRule,
  chunkRule,
  echoRule,
  roleRule,
  finishRule,
  usageChunkRule,
  usageUnaskedRule,
  sameTextRule,
  unicodeRule,
  stopRule,
] as const;
