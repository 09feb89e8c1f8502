import { PassThrough, Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pipedLines, readTurn } from "./line-source.ts";

async function turnsOf(chunks: readonly (string | Buffer)[]) {
  const source = pipedLines(Readable.from(chunks.map((it) => Buffer.from(it))));
  const turns: { text: string; isLines: boolean }[] = [];
  for (;;) {
    const turn = await readTurn(source);
    if (turn === undefined) return turns;
    turns.push(turn);
  }
}

test("a turn is a line, or the lines between two of three quotes", async () => {
  const text = 'one\r\n\n  \n"""\n/two\n\nlines\n"""\nthree';
  expect(await turnsOf([text])).toEqual([
    { text: "one", isLines: false },
    { text: "/two\n\nlines", isLines: true },
    { text: "three", isLines: false },
  ]);
  expect(await turnsOf(['"""\n"""\n"""\nwithout an end'])).toEqual([
    { text: "without an end", isLines: true },
  ]);
});

test("how the bytes arrive does not matter", async () => {
  const bytes = Buffer.from("Grüße 日本\nnext 👩‍👧 line\n");
  const whole = await turnsOf([bytes]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: bytes.length })), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      expect(await turnsOf(at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(whole);
    }),
  );
});

test("a line without an end is refused before it fills the memory", async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(2 ** 20, "x");
    })(),
  );
  await expect(pipedLines(endless).next(false)).rejects.toMatchObject({ code: "USAGE" });
});

test("who waits for a line is told when the input is closed", async () => {
  const source = pipedLines(new PassThrough());
  const waiting = source.next(false);
  source.close();
  expect(await waiting).toBeUndefined();
  expect(await source.next(false)).toBeUndefined();
});
