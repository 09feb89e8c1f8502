// Damaged model files, thousands of them: a reader reads what is left or refuses it with a code, in little time and
// memory. FUZZ_CASES sets how many (20,000 in `npm run test:fuzz`), FUZZ_SEED which; a case that fails is shrunk and
// written to found/, where found.test.ts keeps it.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeTargets, type Target } from "./bases.ts";
import { encodeCase, FOUND } from "./found-case.ts";
import { damage, type Mutation, mutations } from "./mutations.ts";
import { createReaderRunner, faultOf, type ReaderCase, type ReaderRunner } from "./run-reader.ts";

const CASES = Number(process.env.FUZZ_CASES ?? 1_000);
/** `npm test` is the same every time; long runs look elsewhere each time. */
const SEED = Number(process.env.FUZZ_SEED ?? (CASES > 1_000 ? Date.now() % 2 ** 31 : 1));
const HOUR_MS = 3_600_000;

const targets = await makeTargets();
let runner: ReaderRunner;
beforeAll(() => {
  runner = createReaderRunner();
  process.stdout.write(`fuzz: ${CASES} cases, FUZZ_SEED=${SEED}\n`);
});
afterAll(() => runner.close());

function caseOf(
  { reader, file, bases, beside }: Target,
  base: number,
  list: readonly Mutation[],
): ReaderCase {
  return { reader, files: { ...beside, [file]: damage(bases[base]!, list) } };
}

describe("damaged files", () => {
  it("begin with whole ones, which are read", async () => {
    for (const target of targets)
      for (const base of target.bases.keys()) {
        const task = caseOf(target, base, []);
        const reply = await runner.run(task);
        expect({ name: target.name, kind: reply.kind, what: reply.what }).toEqual({
          name: target.name,
          kind: "read",
          what: "",
        });
        expect(faultOf(task, reply)).toBeUndefined();
      }
  });

  it.each(targets.map((target) => [target.name, target] as const))(
    "%s",
    async (name, target) => {
      const counts: Record<string, number> = {};
      const refusals = new Set<string>();
      let [slowest, largest] = [0, 0];
      const details = await fc.check(
        fc.asyncProperty(fc.nat(target.bases.length - 1), mutations, async (base, list) => {
          const task = caseOf(target, base, list);
          const reply = await runner.run(task);
          counts[reply.kind] = (counts[reply.kind] ?? 0) + 1;
          if (reply.kind === "refused") refusals.add(kindOf(reply.what));
          slowest = Math.max(slowest, reply.milliseconds);
          largest = Math.max(largest, reply.largest);
          const fault = faultOf(task, reply);
          if (fault !== undefined) throw new Error(fault);
        }),
        { numRuns: Math.max(1, Math.round(CASES * target.share)), seed: SEED },
      );
      const tally = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
      process.stdout.write(
        `fuzz: ${name}: ${tally.join(", ")}, ${refusals.size} reasons; slowest ${slowest.toFixed(0)} ms, largest allocation ${largest}\n`,
      );
      if (!details.failed) return;
      const [base, list] = details.counterexample!;
      const text = encodeCase(caseOf(target, base, list), String(details.errorInstance));
      const found = new URL(
        `${target.reader}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}.json`,
        FOUND,
      );
      writeFileSync(found, text);
      throw new Error(
        `${String(details.errorInstance)}\nFUZZ_SEED=${SEED}, ${JSON.stringify(list, bigints)}\nkept as ${found.pathname}`,
      );
    },
    HOUR_MS,
  );
});

/** A refusal without what differs from file to file: how deep the damage got shows in how many there are. */
function kindOf(what: string): string {
  return what.replaceAll(/"[^"]*"|\d+|\/\S+/g, "").slice(0, 60);
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
