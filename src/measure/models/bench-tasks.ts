/**
 * The fixed task set of `bench models`, as data: what is asked, how much may be answered, when it is right. Items
 * are made from a seed, of invented words or of combinations that no text has, so nothing is answered from memory.
 */

/** One question with what makes an answer right. */
export interface TaskItem {
  readonly prompt: string;
  /** Whether an answer, trimmed, is right. */
  readonly isRight: (answer: string) => boolean;
}

/** A kind of question. */
export interface QualityTask {
  readonly id: string;
  /** What being good at it means, for the report. */
  readonly goal: string;
  /** Whether the prompt goes through the model's chat template; without, the model continues plain text. */
  readonly isChat: boolean;
  readonly maxTokens: number;
  /** The answer is constrained to this schema. */
  readonly jsonSchema?: object;
  /** What guessing among the allowed answers would reach; absent where it would be about nothing. */
  readonly chance?: number;
  /** @param random numbers in [0, 1) */
  readonly makeItem: (random: () => number) => TaskItem;
}

const ACTIONS = ["buy", "hold", "sell"] as const;
const NAMES = ["anna", "peter", "maria", "john", "ruth", "simon", "laura", "david", "helen", "mark"] as const;
const PLACES = ["river", "stone", "market", "garden", "north", "green", "light", "water", "school"] as const;

/** The tasks, in the order of the report. */
export const QUALITY_TASKS: readonly QualityTask[] = [
  {
    id: "repeat",
    goal: "gives back a word it has never seen, and nothing else",
    isChat: true,
    maxTokens: 24,
    makeItem(random) {
      const word = inventWord(random, 2 + pick(random, 2));
      return { prompt: `Say "${word}" and nothing else.`, isRight: (answer) => unquote(answer) === word };
    },
  },
  {
    id: "extract",
    goal: "takes an e-mail address apart into JSON that follows a schema",
    isChat: true,
    maxTokens: 64,
    jsonSchema: objectSchema({
      username: { type: "string", maxLength: 24 },
      domain: { type: "string", maxLength: 24 },
      tld: { type: "string", maxLength: 8 },
    }),
    makeItem(random) {
      // Ordinary words in combinations that nobody has: invented ones would ask for spelling too.
      const username = `${choose(random, NAMES)}.${choose(random, NAMES)}`;
      const domain = `${choose(random, PLACES)}-${choose(random, PLACES)}`;
      const tld = choose(random, ["com", "org", "net", "io", "de", "fr"]);
      return {
        prompt: `Extract the username, domain and tld of ${username}@${domain}.${tld} as JSON.`,
        isRight(answer) {
          const found = parseObject(answer);
          // With or without its ending: people mean either by "domain".
          const isDomain = found?.domain === domain || found?.domain === `${domain}.${tld}`;
          return found?.username === username && isDomain && found.tld === tld;
        },
      };
    },
  },
  {
    id: "sums",
    goal: "adds two numbers up to 20",
    isChat: true,
    maxTokens: 24,
    makeItem(random) {
      const [a, b] = [2 + pick(random, 19), 2 + pick(random, 19)];
      return {
        prompt: `What is ${a} + ${b}?`,
        // The last number: many answers say the question again first.
        isRight: (answer) => Number(answer.match(/\d+/g)?.at(-1)) === a + b,
      };
    },
  },
  {
    id: "decision",
    goal: "follows a stated rule to one of three actions, as JSON that follows a schema",
    isChat: true,
    maxTokens: 24,
    jsonSchema: objectSchema({ action: { enum: ACTIONS } }),
    chance: 1 / ACTIONS.length,
    makeItem(random) {
      const action = choose(random, ACTIONS);
      const average = 20 + pick(random, 80);
      const distance = 3 + pick(random, 15);
      const price = average + { buy: distance, hold: 0, sell: -distance }[action];
      return {
        prompt:
          "Rule: buy if the price is above the average, sell if it is below, hold if they are equal. " +
          `The price is ${price}, the average is ${average}. Answer with one line of JSON (action).`,
        isRight: (answer) => parseObject(answer)?.action === action,
      };
    },
  },
  {
    id: "completion",
    goal: "continues a plain text with what it said before",
    isChat: false,
    maxTokens: 12,
    makeItem(random) {
      const people = ["Anna", "Peter", "Ruth", "Simon"];
      const words = people.map(() => inventWord(random, 2));
      const asked = pick(random, people.length);
      const sentence = (who: number) => `The word of ${people[who]} is «${words[who]}».`;
      const told = people.map((_, who) => sentence(who)).join("\n");
      return {
        prompt: `${told}\n\nOnce more.\n${sentence(asked).split(words[asked]!)[0]}`,
        isRight: (answer) => answer.startsWith(`${words[asked]}»`),
      };
    },
  },
];

/** A word of so many syllables that no dictionary has, easy to spell. */
export function inventWord(random: () => number, syllables: number): string {
  const syllable = () => "bdfgklmnprstvz"[pick(random, 14)]! + "aeiou"[pick(random, 5)]!;
  return Array.from({ length: syllables }, syllable).join("") + "nrlmtsk"[pick(random, 7)]!;
}

function choose<T>(random: () => number, from: readonly T[]): T {
  return from[pick(random, from.length)]!;
}

function pick(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

function objectSchema(properties: Record<string, object>): object {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Without the marks that answers put around a word. */
function unquote(answer: string): string {
  return answer.replace(/^["'“«*\s]+|["'”».!*\s]+$/gu, "");
}
