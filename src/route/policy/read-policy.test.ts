import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BUILT_IN_POLICIES } from "./built-in-policies.ts";
import { findPolicy, parsePolicy } from "./read-policy.ts";
import { policySchema } from "./route-policy.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-policy-"));
afterAll(() => rmSync(folder, { recursive: true }));

it.each(BUILT_IN_POLICIES)("$name is a valid policy", (policy) => {
  expect(policySchema.parse(policy)).toEqual(policy);
  expect(findPolicy(policy.name)).toBe(policy);
});

describe("a policy file", () => {
  it("says only what differs from what it extends", () => {
    const path = join(folder, "mine.json");
    const own = {
      schema: 1,
      name: "mine",
      extends: "speed",
      weights: { tools: 3 },
      threshold: { loaded: 0.8 },
    };
    writeFileSync(path, JSON.stringify(own));
    const speed = findPolicy("speed");
    const { description: _, ...rest } = speed;
    expect(findPolicy(path)).toEqual({
      ...rest,
      name: "mine",
      weights: { ...speed.weights, tools: 3 },
      threshold: { calm: 0.75, loaded: 0.8 },
    });
  });

  it.each([
    [{ schema: 1, name: "x", treshold: {} }, 'unknown key "treshold"', "threshold"],
    [{ schema: 1, name: "x", weights: { tool: 1 } }, 'unknown key "weights.tool"', "tools"],
    [{ schema: 2, name: "x" }, "schema", "docs/routing.md"],
    [{ schema: 1, name: "x", threshold: { calm: 2 } }, "threshold.calm", "docs/routing.md"],
    [{ schema: 1, name: "x", threshold: { calm: 0.9, loaded: 0.1 } }, "calm must not be over", "docs"],
    [{ schema: 1, name: "x", load: { enter: 0.1, leave: 0.5 } }, "leave must not be over", "docs"],
    [{ schema: 1, name: "x", extends: "\u001b[31m" }, "\\x1b[31m", "balanced"],
    [{ schema: 1, name: "x\ny" }, "name", "docs"],
    [{ schema: 1, name: "x", weights: { tools: Number.NaN } }, "weights.tools", "docs"],
    [null, "wrong", "docs"],
  ])("%j is refused", (value, message, hint) => {
    const parse = () => parsePolicy(value, "mine.json");
    expect(parse).toThrow(expect.objectContaining({ code: "CONFIG" }));
    expect(parse).toThrow(message);
    try {
      parse();
    } catch (error) {
      expect((error as { hint: string }).hint).toContain(hint);
    }
  });

  it("that is missing, no JSON or no policy by its size is refused", () => {
    const large = join(folder, "large.json");
    writeFileSync(large, `{"schema": 1, "name": "x"${" ".repeat(70_000)}}`);
    expect(() => findPolicy(large)).toThrow("over 64 KiB");
    expect(() => findPolicy(join(folder, "none.json"))).toThrow("cannot be read");
    expect(() => findPolicy("balancd")).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Did you mean balanced?" }),
    );
  });
});
