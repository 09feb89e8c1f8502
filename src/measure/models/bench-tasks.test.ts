import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../random.ts";
import { QUALITY_TASKS } from "./bench-tasks.ts";

const itemOf = (id: string, seed: number) =>
  QUALITY_TASKS.find((task) => task.id === id)!.makeItem(createRandom(seed));

/** What a perfect model would say, worked out from the prompt alone. */
const PERFECT: Readonly<Record<string, (prompt: string) => string>> = {
  repeat: (prompt) => /"(.+)"/.exec(prompt)![1]!,
  extract(prompt) {
    const [, username, domain, tld] = /of (\S+)@(\S+)\.(\S+) as/.exec(prompt)!;
    return JSON.stringify({ username, domain, tld });
  },
  sums(prompt) {
    const [a, b] = prompt.match(/\d+/g)!.map(Number);
    return `${a} + ${b} = ${a! + b!}`;
  },
  decision(prompt) {
    const [price, average] = prompt.match(/\d+/g)!.map(Number);
    return JSON.stringify({ action: price! > average! ? "buy" : price! < average! ? "sell" : "hold" });
  },
  completion(prompt) {
    const who = prompt.split("\n").at(-1)!;
    return prompt
      .split("\n")
      .find((line) => line.startsWith(who))!
      .slice(who.length);
  },
};

describe.each(QUALITY_TASKS)("$id", ({ id, makeItem }) => {
  it("law: takes the right answer and refuses none, an empty one and another item's", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { prompt, isRight } = itemOf(id, seed);
        expect(isRight(PERFECT[id]!(prompt)), prompt).toBe(true);
        expect(isRight("")).toBe(false);
        expect(isRight("I don't know.")).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("makes the same items of a seed, and many different ones", () => {
    const prompts = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 40 }, () => makeItem(random).prompt);
    };
    expect(prompts(3)).toEqual(prompts(3));
    expect(new Set(prompts(3)).size).toBeGreaterThan(20);
  });
});

it("answers with other words around them are understood, near misses are not", () => {
  const { prompt, isRight } = itemOf("repeat", 1);
  const word = PERFECT.repeat!(prompt);
  expect(isRight(`"${word}".`)).toBe(true);
  expect(isRight(`${word} ${word}`)).toBe(false);
  const sum = itemOf("sums", 1);
  expect(sum.isRight(`The answer is ${PERFECT.sums!(sum.prompt)}.`)).toBe(true);
  const mail = itemOf("extract", 1);
  const answer = JSON.parse(PERFECT.extract!(mail.prompt));
  expect(mail.isRight(JSON.stringify({ ...answer, domain: `${answer.domain}.${answer.tld}` }))).toBe(true);
  expect(mail.isRight(JSON.stringify({ ...answer, username: "x" }))).toBe(false);
  expect(mail.isRight("[]")).toBe(false);
});
