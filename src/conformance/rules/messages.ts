/** Conversations as agents write them: they need not alternate, begin with a system message or have text. */

import { firstChoice, isRefusal, okJson, told } from "../chat-reply.ts";
import { fail, note, pass } from "../evidence.ts";
import { at, isCount, isText } from "../json-value.ts";
import { chat, QUESTION, system, user } from "../requests.ts";
import type { ConformanceSession } from "../session.ts";
import { ALL_CLIENTS, type ClientFamily, type RuleFinding, type WireRule } from "../wire-rule.ts";
import { AGENT_FRAMEWORK_CHAT, AUTOGEN_EXT, CHAT_REFERENCE } from "./sources.ts";

const CHAT = "/chat/completions";

const assistant = (content: unknown, more: object = {}) => ({ role: "assistant", content, ...more });

interface Conversation {
  readonly id: string;
  readonly asks: string;
  readonly sends: string;
  readonly clients: readonly ClientFamily[];
  readonly source: string;
  readonly messages: readonly object[];
}

/** Each has to be answered; templates that raise on them are what users meet most. */
const CONVERSATIONS: readonly Conversation[] = [
  {
    id: "system-first",
    asks: "a system message at the beginning is taken",
    sends: "system, user",
    clients: ALL_CLIENTS,
    source: "microsoft/autogen#1037, #991: templates that raise on a system role",
    messages: [system("You are a helpful assistant."), QUESTION],
  },
  {
    id: "system-last",
    asks: "a system message at the end is taken: a group chat selects its speaker so",
    sends: "user, assistant, system",
    clients: ["AutoGen 0.2", "AG2"],
    source: "AutoGen 0.2 docs, Tips for Non-OpenAI Models: role_for_select_speaker_messages",
    messages: [
      user("Who speaks next?"),
      assistant("Let me see."),
      system("Read the conversation, then choose one of ['writer', 'critic']. Give the name alone."),
    ],
  },
  {
    id: "several-systems",
    asks: "several system messages, also between others, are taken",
    sends: "system, user, system, user",
    clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+"],
    source: `${AUTOGEN_EXT} (multiple_system_messages)`,
    messages: [system("Be short."), user("Hello."), system("Be polite."), QUESTION],
  },
  {
    id: "same-role-twice",
    asks: "neighbours of one role are taken",
    sends: "user, user, assistant, assistant, user",
    clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+", "Agent Framework"],
    source: "microsoft/autogen#3597: templates that raise unless roles alternate",
    messages: [user("Hello."), user("Are you there?"), assistant("Yes."), assistant("I am."), QUESTION],
  },
  {
    id: "assistant-first",
    asks: "a conversation that an assistant begins is taken",
    sends: "assistant, user",
    clients: ["AutoGen 0.2", "AG2"],
    source: "microsoft/autogen#3597",
    messages: [assistant("How can I help?"), QUESTION],
  },
  {
    id: "assistant-last",
    asks: "a conversation that ends on an assistant is taken",
    sends: "user, assistant",
    clients: ["AutoGen 0.2", "AG2"],
    source: "vllm-project/vllm#6862",
    messages: [QUESTION, assistant("The word is")],
  },
  {
    id: "names",
    asks: "name on messages is taken",
    sends: "messages with name",
    clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+", "Agent Framework"],
    source: `${AUTOGEN_EXT} (include_name_in_message)`,
    messages: [
      { ...user("Hello, I am the planner."), name: "planner" },
      assistant("Hello.", { name: "writer" }),
      { ...QUESTION, name: "critic" },
    ],
  },
  {
    id: "content-parts",
    asks: "content as a list of text parts is taken",
    sends: "content: [{type: text}, {type: text}]",
    clients: ["Agent Framework", "LangChain", "AI SDK", "autogen-ext 0.4+"],
    source: AGENT_FRAMEWORK_CHAT,
    messages: [
      user([
        { type: "text", text: "Please repeat the word:" },
        { type: "text", text: ' "river"' },
      ]),
    ],
  },
  {
    id: "empty-content",
    asks: "a message with empty content is taken",
    sends: "user, assistant with empty content, user",
    clients: ["AutoGen 0.2", "AG2"],
    source: "microsoft/autogen#1521, #2887",
    messages: [user("Hello."), assistant(""), QUESTION],
  },
];

const conversationRule = ({ messages, ...facts }: Conversation): WireRule => ({
  ...facts,
  check: (session) => taken(session, messages),
});

async function taken({ post }: ConformanceSession, messages: readonly object[]): Promise<RuleFinding> {
  const reply = await post(CHAT, chat(messages));
  if (reply.status !== 200) return fail(`Refused with status ${reply.status}`, told(reply));
  const { message } = firstChoice(reply);
  return typeof message.content === "string" ? pass("Answered") : fail("content is no text", message);
}

const systemReadRule: WireRule = {
  id: "system-read",
  asks: "a system message reaches the model: its tokens are counted",
  clients: ALL_CLIENTS,
  sends: "the plain question with and without a long system message",
  source: "abetlen/llama-cpp-python: llama_cpp/llama_chat_format.py drops it with mistral-instruct",
  async check({ post }) {
    const words = "Answer as a careful librarian who has read all books of the sea. ".repeat(4);
    const without = promptTokens(okJson(await post(CHAT, chat([QUESTION]))));
    const withIt = promptTokens(okJson(await post(CHAT, chat([system(words), QUESTION]))));
    if (without === undefined || withIt === undefined) return fail("usage does not count the prompt");
    return withIt >= without + 20
      ? pass(`${without} tokens without, ${withIt} with it`)
      : fail(`The system message is dropped: ${without} tokens without, ${withIt} with it`);
  },
};

function promptTokens(json: unknown): number | undefined {
  const tokens = at(json, "usage", "prompt_tokens");
  return isCount(tokens) ? tokens : undefined;
}

const fieldsRule: WireRule = {
  id: "common-fields",
  asks: "harmless fields that clients always send are taken",
  clients: ALL_CLIENTS,
  sends: "user, top_p, penalties of 0, n 1, seed, stream false, stop null",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const fields = { user: "someone", top_p: 1, frequency_penalty: 0, presence_penalty: 0, n: 1, seed: 1 };
    const reply = await post(CHAT, chat([QUESTION], { ...fields, stream: false, stop: null }));
    return reply.status === 200 ? pass("Taken") : fail(`Refused with status ${reply.status}`, told(reply));
  },
};

const strangerRule: WireRule = {
  id: "unknown-field",
  asks: "what becomes of a field that there is not (for your information)",
  clients: [],
  sends: "the plain question with no_such_field",
  source: "a server's own choice: refusing finds typing errors, ignoring lets newer clients in",
  async check({ post }) {
    const reply = await post(CHAT, chat([QUESTION], { no_such_field: 1 }));
    if (reply.status === 200) return note("Ignored");
    if (!isRefusal(reply)) return fail(`Status ${reply.status}`, told(reply));
    const text = told(reply);
    return isText(text) && text.includes("no_such_field")
      ? note("Refused by name", text)
      : note("Refused without its name", text);
  },
};

export const MESSAGE_RULES = [
  ...CONVERSATIONS.map(conversationRule),
  systemReadRule,
  fieldsRule,
  strangerRule,
] as const;
