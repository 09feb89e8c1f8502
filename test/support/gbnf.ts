/**
 * A reader of GBNF for tests, by the text of llama.cpp's grammars/README.md and not by our writer: it says
 * whether a grammar accepts a text, and draws texts from it. Strings, classes, groups, | * + ? {m,n} and
 * rule names; tokens in <> are not known to it.
 */

type Expression =
  | { kind: "class"; ranges: (readonly [number, number])[]; negated: boolean }
  | { kind: "rule"; name: string }
  | { kind: "sequence"; parts: Expression[] }
  | { kind: "either"; options: Expression[] }
  | { kind: "repeat"; part: Expression; min: number; max: number };

export interface Gbnf {
  accepts(text: string): boolean;
  /** A random text of the grammar; `random` gives numbers in [0, 1). */
  draw(random: () => number): string;
}

export function parseGbnf(source: string): Gbnf {
  const rules = new Map<string, Expression>();
  for (const line of source.split("\n").filter(Boolean)) {
    const [, name, body] = /^([a-zA-Z0-9-]+) ::= (.*)$/.exec(line) ?? [];
    if (!name || body === undefined || rules.has(name))
      throw new Error(`not a rule, or a second one: ${line}`);
    rules.set(name, parseBody(body));
  }
  for (const expression of rules.values()) checkNames(expression, rules);
  const weights = smallestHeights(rules);
  return {
    accepts: (text) =>
      accepts(
        rules,
        Array.from(text, (character) => character.codePointAt(0)!),
      ),
    draw: (random) => draw(rules, weights, random),
  };
}

function parseBody(body: string): Expression {
  let at = 0;
  const skip = () => {
    while (body[at] === " ") at++;
  };
  const character = (): number => {
    const [text, code] =
      /^(?:\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[trn\\"[\]-])|[^\\])/u.exec(
        body.slice(at, at + 10),
      ) ?? [];
    if (!text) throw new Error(`bad character at ${body.slice(at)}`);
    at += text.length;
    if (!code) return text.codePointAt(0)!;
    if (code.length > 1) return Number.parseInt(code.slice(1), 16);
    return ({ t: "\t", r: "\r", n: "\n" }[code] ?? code).codePointAt(0)!;
  };
  const until = (end: string): number[] => {
    const codes: number[] = [];
    while (body[at] !== end) codes.push(character());
    at++;
    return codes;
  };
  const primary = (): Expression | undefined => {
    if (body[at] === '"') {
      at++;
      const parts = until('"').map((code) => one([[code, code]]));
      return { kind: "sequence", parts };
    }
    if (body[at] === "[") {
      at++;
      const negated = body[at] === "^";
      if (negated) at++;
      const ranges: [number, number][] = [];
      while (body[at] !== "]") {
        const from = character();
        const isRange = body[at] === "-" && body[at + 1] !== "]";
        if (isRange) at++;
        ranges.push([from, isRange ? character() : from]);
      }
      at++;
      return { kind: "class", ranges, negated };
    }
    if (body[at] === "(") {
      at++;
      const inner = either();
      if (body[at++] !== ")") throw new Error(`no ) in ${body}`);
      return inner;
    }
    const name = /^[a-zA-Z0-9-]+/.exec(body.slice(at))?.[0];
    if (name) at += name.length;
    return name ? { kind: "rule", name } : undefined;
  };
  const sequence = (): Expression => {
    const parts: Expression[] = [];
    for (;;) {
      skip();
      const part = primary();
      if (!part) return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
      const [text, min, comma, max] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(body.slice(at)) ?? [];
      at += text?.length ?? 0;
      if (!text) parts.push(part);
      else if (text === "*") parts.push({ kind: "repeat", part, min: 0, max: Infinity });
      else if (text === "+") parts.push({ kind: "repeat", part, min: 1, max: Infinity });
      else if (text === "?") parts.push({ kind: "repeat", part, min: 0, max: 1 });
      else
        parts.push({
          kind: "repeat",
          part,
          min: Number(min),
          max: max ? Number(max) : comma ? Infinity : Number(min),
        });
    }
  };
  const either = (): Expression => {
    const options = [sequence()];
    while (body[at] === "|") {
      at++;
      options.push(sequence());
    }
    return options.length === 1 ? options[0]! : { kind: "either", options };
  };
  const expression = either();
  if (at < body.length) throw new Error(`left over: ${body.slice(at)}`);
  return expression;
}

function one(ranges: (readonly [number, number])[]): Expression {
  return { kind: "class", ranges, negated: false };
}

function checkNames(expression: Expression, rules: ReadonlyMap<string, Expression>): void {
  if (expression.kind === "rule" && !rules.has(expression.name))
    throw new Error(`no rule ${expression.name}`);
  for (const child of childrenOf(expression)) checkNames(child, rules);
}

function childrenOf(expression: Expression): readonly Expression[] {
  if (expression.kind === "sequence") return expression.parts;
  if (expression.kind === "either") return expression.options;
  return expression.kind === "repeat" ? [expression.part] : [];
}

/** All ends a match may have, by rule and start: exponential readings cost nothing extra. */
function accepts(rules: ReadonlyMap<string, Expression>, codes: readonly number[]): boolean {
  const known = new Map<Expression, Map<number, ReadonlySet<number>>>();
  const ends = (expression: Expression, start: number): ReadonlySet<number> => {
    if (expression.kind === "class")
      return matches(expression, codes[start]) ? new Set([start + 1]) : new Set();
    const memo = known.get(expression) ?? new Map<number, ReadonlySet<number>>();
    known.set(expression, memo);
    const found = memo.get(start) ?? compute(expression, start);
    memo.set(start, found);
    return found;
  };
  const step = (starts: ReadonlySet<number>, part: Expression) =>
    new Set([...starts].flatMap((start) => [...ends(part, start)]));
  const compute = (expression: Expression, start: number): ReadonlySet<number> => {
    switch (expression.kind) {
      case "rule":
        return ends(rules.get(expression.name)!, start);
      case "sequence":
        return expression.parts.reduce(step, new Set([start]));
      case "either":
        return new Set(expression.options.flatMap((option) => [...ends(option, start)]));
      case "repeat": {
        let front = new Set([start]);
        const all = new Set<number>(expression.min === 0 ? front : []);
        for (let count = 1; count <= expression.max && front.size > 0; count++) {
          front = step(front, expression.part);
          // Past the minimum only places not seen before can lead anywhere new.
          if (count > expression.min) front = new Set([...front].filter((end) => !all.has(end)));
          if (count >= expression.min) for (const end of front) all.add(end);
        }
        return all;
      }
      default:
        throw new Error(expression.kind);
    }
  };
  return ends(rules.get("root")!, 0).has(codes.length);
}

function matches(expression: Expression & { kind: "class" }, code: number | undefined): boolean {
  if (code === undefined) return false;
  return expression.ranges.some(([from, to]) => from <= code && code <= to) !== expression.negated;
}

/** Rules deep at least, per rule: the way out when a draw has grown long. */
function smallestHeights(rules: ReadonlyMap<string, Expression>): (expression: Expression) => number {
  const heights = new Map<string, number>();
  const height = (expression: Expression): number => {
    if (expression.kind === "rule") return (heights.get(expression.name) ?? Infinity) + 1;
    if (expression.kind === "either") return Math.min(...expression.options.map(height));
    if (expression.kind === "repeat" && expression.min === 0) return 0;
    return Math.max(0, ...childrenOf(expression).map(height));
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, expression] of rules) {
      const now = height(expression);
      if (now < (heights.get(name) ?? Infinity)) {
        heights.set(name, now);
        changed = true;
      }
    }
  }
  return height;
}

function draw(
  rules: ReadonlyMap<string, Expression>,
  height: (expression: Expression) => number,
  random: () => number,
): string {
  let budget = 200;
  const pick = (count: number) => Math.floor(random() * count);
  const write = (expression: Expression): string => {
    budget--;
    switch (expression.kind) {
      case "class": {
        if (expression.negated) throw new Error("drawing from a negated class is not written");
        const [from, to] = expression.ranges[pick(expression.ranges.length)]!;
        return String.fromCodePoint(from + pick(to - from + 1));
      }
      case "rule":
        return write(rules.get(expression.name)!);
      case "sequence":
        return expression.parts.map(write).join("");
      case "either": {
        const { options } = expression;
        if (budget > 0) return write(options[pick(options.length)]!);
        return write(options.reduce((best, option) => (height(option) < height(best) ? option : best)));
      }
      case "repeat": {
        const extra = budget > 0 ? Math.min(expression.max - expression.min, pick(4)) : 0;
        return Array.from({ length: expression.min + extra }, () => write(expression.part)).join("");
      }
    }
  };
  return write(rules.get("root")!);
}
