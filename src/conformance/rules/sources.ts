/** Where rules are known from; files are those of the repositories' main branches unless said. */

export const AUTOGEN_02 = "microsoft/autogen, branch 0.2: autogen/oai/client.py";
export const AG2 = "ag2ai/ag2: autogen/oai/client.py";
export const AUTOGEN_EXT =
  "microsoft/autogen: python/packages/autogen-ext/src/autogen_ext/models/openai/_openai_client.py";
export const AGENT_FRAMEWORK_CHAT =
  "microsoft/agent-framework: python/packages/openai/agent_framework_openai/_chat_completion_client.py";
export const AGENT_FRAMEWORK_RESPONSES =
  "microsoft/agent-framework: python/packages/openai/agent_framework_openai/_chat_client.py";
export const OPENAI_NODE_STREAM = "openai/openai-node: src/core/streaming.ts";
export const OPENAI_NODE_CHAT_STREAM = "openai/openai-node: src/lib/ChatCompletionStream.ts";
export const OPENAI_NODE_PARSER = "openai/openai-node: src/lib/parser.ts";
export const OPENAI_NODE_RESPONSES = "openai/openai-node: src/lib/responses/ResponseStream.ts";
export const AI_SDK =
  "vercel/ai: packages/openai-compatible/src/chat/openai-compatible-chat-language-model.ts";
export const LANGCHAIN =
  "langchain-ai/langchainjs: libs/providers/langchain-openai/src/chat_models/completions.ts";
export const CHAT_REFERENCE = "OpenAI API reference: create chat completion";
export const RESPONSES_REFERENCE = "OpenAI API reference: create a model response";
