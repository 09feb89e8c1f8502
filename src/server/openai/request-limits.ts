/** How much one request may hold. Everything is bounded, as a request may come from anybody who has a key. */

/** Answers in one reply, prompts times n: the engine runs at most 256 sequences (llama.cpp's LLAMA_MAX_SEQ). */
export const MOST_CHOICES = 128;
export const MOST_SAMPLES = 32;
export const MOST_PROMPTS = 32;
export const MOST_MESSAGES = 4_096;
export const MOST_PARTS = 1_024;
/** OpenAI's own limits of tools and of their names' length. */
export const MOST_TOOLS = 128;
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
/** OpenAI takes 4 stop strings, llama-server's users give more. */
export const MOST_STOPS = 16;
export const LONGEST_STOP = 256;
/** No context is longer: that of Llama 4 Scout is 10 million. */
export const MOST_TOKENS = 10_485_760;
/** OpenAI's limit is not told; llama.cpp looks through the list at each token. */
export const MOST_BIASES = 1_024;
/** A day. */
export const LONGEST_DEADLINE_MS = 86_400_000;
/** Characters of a user's grammar, or of a schema as JSON. */
export const LONGEST_GRAMMAR = 65_536;
export const LONGEST_SCHEMA = 131_072;
export const DEEPEST_SCHEMA = 64;
/** Characters of names that a client gives to itself: user, cache key. */
export const LONGEST_NAME = 512;
