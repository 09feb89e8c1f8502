/** Damage as data: fast-check draws it, shrinks it, and the same list gives the same bytes again. */

import fc from "fast-check";

/** A file to damage. */
export interface Base {
  readonly bytes: Uint8Array;
  /** Damage falls among the first so many bytes. @default all */
  readonly hot?: number;
  /** Positions of lengths, counts and types, which get half of the changed numbers. */
  readonly marks?: readonly number[];
  /** Texts to put in. */
  readonly words?: readonly string[];
  /** The file is JSON, or holds it: values are exchanged for others, so that damage gets past the parser. */
  readonly json?: "whole" | "behind-length";
}

/** Places are numbers below 2^16, taken as a share of the file's hot bytes. */
export type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | {
      readonly kind: "number";
      readonly at: number;
      readonly isMark: boolean;
      readonly width: 1 | 4 | 8;
      readonly value: bigint;
    }
  | { readonly kind: "cut"; readonly at: number }
  | {
      readonly kind: "remove" | "repeat";
      readonly at: number;
      readonly length: number;
      readonly times: number;
    }
  | { readonly kind: "swap"; readonly at: number; readonly other: number; readonly length: number }
  | { readonly kind: "value"; readonly at: number; readonly value: string }
  | { readonly kind: "word"; readonly at: number; readonly word: number; readonly times: number };

const PLACES = 2 ** 16;
const place = fc.integer({ min: 0, max: PLACES - 1 });
const length = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 400 }));
/** Once, some times, or often enough to nest deeper than a stack. */
const times = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 40 }) },
  { weight: 1, arbitrary: fc.constant(20_000) },
);
/** Where arithmetic breaks: signs, 32 bits, exact doubles, 64 bits. */
const number = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    2n,
    3n,
    8n,
    9n,
    12n,
    13n,
    0x7fn,
    0x80n,
    0xffn,
    0xffffn,
    0x10000n,
    0xffffffn,
    0x1000000n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 40n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 61n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 8n,
    2n ** 64n - 1n,
  ),
  fc.bigInt({ min: 0n, max: 5_000n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

const JSON_VALUES = [
  "null",
  "true",
  "false",
  '""',
  "[]",
  "{}",
  "[[]]",
  '{"a":{}}',
  "-1",
  "0",
  "0.5",
  "1e308",
  "1e-400",
  "4294967295",
  "9007199254740993",
  "18446744073709551616",
  '"__proto__"',
  '"../../x"',
  '"\\u001b[2J"',
  '"\\ud800"',
  '"\\u0000"',
];

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("flip"), at: place, bit: fc.nat(7) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("number"),
      at: place,
      isMark: fc.boolean(),
      width: fc.constantFrom(1, 4, 8),
      value: number,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut"), at: place }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("remove", "repeat"), at: place, length, times }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("swap"), at: place, other: place, length }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("word"), at: place, word: fc.nat(1_000), times }) },
);

const value: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constant("value"),
  at: place,
  value: fc.oneof(
    fc.constantFrom(...JSON_VALUES),
    fc.json({ maxDepth: 2 }),
    fc.integer({ min: -2, max: 500 }).map(String),
  ),
});

/** One change mostly: after several a file is seldom read far. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 1 }) },
  { weight: 3, arbitrary: fc.array(value, { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: fc.array(fc.oneof(mutation, value), { minLength: 1, maxLength: 6 }) },
);

/** The damaged file. */
export function damage(base: Base, list: readonly Mutation[]): Uint8Array {
  let bytes = Buffer.from(base.bytes);
  for (const mutation of list) {
    const hot = Math.min(base.hot ?? bytes.length, bytes.length);
    const at = Math.floor((mutation.at / PLACES) * hot);
    bytes = damageOnce(bytes, base, mutation, at, hot);
  }
  return bytes;
}

function damageOnce(
  bytes: Buffer<ArrayBuffer>,
  base: Base,
  mutation: Mutation,
  at: number,
  hot: number,
): Buffer<ArrayBuffer> {
  const { marks = [], words = [] } = base;
  const splice = (from: number, to: number, ...middle: Uint8Array[]) =>
    Buffer.concat([bytes.subarray(0, from), ...middle, bytes.subarray(to)]);
  switch (mutation.kind) {
    case "flip":
      if (at < bytes.length) bytes[at]! ^= 1 << mutation.bit;
      return bytes;
    case "number": {
      const mark = mutation.isMark ? marks[mutation.at % (marks.length || 1)] : undefined;
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt.asUintN(8 * mutation.width, mutation.value));
      field.copy(bytes, Math.min(mark ?? at, bytes.length), 0, mutation.width);
      return bytes;
    }
    case "cut":
      return bytes.subarray(0, at);
    case "remove":
      return splice(at, Math.min(bytes.length, at + mutation.length));
    case "repeat": {
      const part = bytes.subarray(at, at + mutation.length);
      return splice(at, at, ...Array.from({ length: Math.min(mutation.times, 40) }, () => part));
    }
    case "swap": {
      const other = Math.floor((mutation.other / PLACES) * hot);
      const [first, second] = at < other ? [at, other] : [other, at];
      const size = Math.min(mutation.length, second - first, bytes.length - second);
      const [a, b] = [bytes.subarray(first, first + size), bytes.subarray(second, second + size)];
      return Buffer.concat([
        bytes.subarray(0, first),
        b,
        bytes.subarray(first + size, second),
        a,
        bytes.subarray(second + size),
      ]);
    }
    case "value":
      if (base.json !== undefined) return changeValue(bytes, base.json, mutation);
      return changeKind(bytes, marks[mutation.at % (marks.length || 1)] ?? at, mutation.value);
    case "word":
      if (words.length === 0) return bytes;
      return splice(at, at, Buffer.from(words[mutation.word % words.length]!.repeat(mutation.times)));
  }
}

/** Types and dimensions are small numbers: another one makes the reader take the same bytes for something else. */
function changeKind(bytes: Buffer<ArrayBuffer>, at: number, value: string): Buffer<ArrayBuffer> {
  if (at < bytes.length) bytes[at] = value.charCodeAt(value.length - 1) % 16;
  return bytes;
}

const SCALAR = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/g;
const PREFIX_BYTES = 8;

/** Puts another value in the place of one; the length in front is made to fit again. */
function changeValue(
  bytes: Buffer<ArrayBuffer>,
  json: "whole" | "behind-length",
  { at, value }: Extract<Mutation, { kind: "value" }>,
): Buffer<ArrayBuffer> {
  const isPrefixed = json === "behind-length";
  if (bytes.length < PREFIX_BYTES) return bytes;
  const start = isPrefixed ? PREFIX_BYTES : 0;
  const end = isPrefixed ? Math.min(bytes.length, start + bytes.readUInt32LE(0)) : bytes.length;
  const text = bytes.subarray(start, end).toString("latin1");
  const places = [...text.matchAll(SCALAR)];
  const found = places[at % (places.length || 1)];
  if (found === undefined) return bytes;
  const changed = Buffer.from(
    text.slice(0, found.index) + value + text.slice(found.index + found[0].length),
    "latin1",
  );
  const prefix = Buffer.alloc(start);
  if (isPrefixed) prefix.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([prefix, changed, bytes.subarray(end)]);
}
