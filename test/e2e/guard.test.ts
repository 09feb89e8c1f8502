// The guard as a user meets it: a mine, then texts against it. One mine of a part of the vocabulary serves all.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
afterAll(remove);

const file = (name: string, text: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** A glitch token that is a word of its own, so that plain text becomes it. */
let glitch: { id: number; text: string };
let glitches: number;

beforeAll(async () => {
  const mined = await run(["mine", "lab-moe", "--budget", "200", "--json"]);
  expect(mined.status, mined.stderr).toBe(0);
  const { tokens, counts } = JSON.parse(mined.stdout);
  glitch = tokens.find((token: typeof glitch & { verdict: string }) => {
    return token.verdict === "glitch" && /^▁[a-z]{5,}$/.test(token.text);
  });
  glitches = counts.glitch;
  expect(glitch).toBeDefined();
}, 180_000);

const word = () => glitch.text.slice(1);

describe("guard scan", () => {
  it("tells where the token is", async () => {
    const path = file("text.txt", `Der Bär\nsaid ${word()} twice.\n`);
    const { status, stdout } = await run(["guard", "scan", "lab-moe", path, "--json"]);
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "guard-scan", source: { banned: glitches } });
    const found = document.findings.find(({ id }: { id: number }) => id === glitch.id);
    expect(found).toMatchObject({ text: glitch.text, line: 2, column: 5, byte: 13 });
    expect(found.context).toContain(`said[${glitch.text}]`);
  });

  it("exits 4 when asked to fail, and 0 for a clean text", async () => {
    const text = `x ${word()}`;
    expect((await run(["guard", "scan", "lab-moe", "-", "--fail-on", "found"], { input: text })).status).toBe(
      4,
    );
    const clean = await run(["guard", "scan", "lab-moe", "--text", "", "--fail-on", "found"]);
    expect(clean.status).toBe(0);
    expect(clean.stdout).toBe("");
  });

  it("refuses what is no text", async () => {
    const broken = file("broken.txt", Uint8Array.of(0x61, 0xff, 0x62));
    const { status, stderr } = await run(["guard", "scan", "lab-moe", broken]);
    expect(status).toBe(1);
    expect(stderr).toContain("not UTF-8");
    expect((await run(["guard", "scan", "lab-moe", join(folder, "none.txt")])).status).toBe(1);
    expect((await run(["guard", "scan"])).status).toBe(2);
  });

  it("says what to do without a mine", async () => {
    const { status, stderr } = await run(["guard", "scan", "lab-dense", "--text", "a"]);
    expect(status).toBe(2);
    expect(stderr).toContain("npx assay mine lab-dense");
  });
});

describe("guard rewrite", () => {
  it("gives ids with the same text and without the token", async () => {
    const text = `One ${word()}, two ${word()}: «\u0000é👩‍👩‍👧».`;
    const call = ["guard", "rewrite", "lab-moe", file("rewrite.txt", text), "--verify", "--json"];
    const { status, stdout } = await run(call);
    expect(status).toBe(0);
    const { ids, replaced, unrepaired, verified } = JSON.parse(stdout);
    expect(verified).toBe(true);
    expect(unrepaired).toEqual([]);
    expect(ids).not.toContain(glitch.id);
    const own = replaced.filter(({ before }: { before: { id: number }[] }) => {
      return before.some(({ id }) => id === glitch.id);
    });
    expect(own).toHaveLength(2);
    const textOf = (pieces: { text: string }[]) => pieces.map((piece) => piece.text).join("");
    for (const { before, after } of own) expect(textOf(after)).toBe(textOf(before));
  });

  it("shows each stretch to people", async () => {
    const { status, stdout } = await run(["guard", "rewrite", "lab-moe", "--text", `a ${word()}`]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`${glitch.id} ${glitch.text} +\\d+ `));
  });

  it("names what cannot be written without a banned id", async () => {
    // Every id that a lone U+E000 could be written in: its bytes.
    const shown = await run(["token", "\ue000", "--model", "lab-moe", "--json"]);
    const ids = JSON.parse(shown.stdout).tokens.map(({ id }: { id: number }) => id);
    const list = file("bytes.json", JSON.stringify(ids));
    const call = ["guard", "rewrite", "lab-moe", "--text", "\ue000", "--tokens", list];
    const { status, stderr } = await run([...call, "--fail-on", "unrepaired"]);
    expect(status).toBe(4);
    expect(stderr).toContain("stays");
  });
});

describe("guard export and a committed list", () => {
  it("writes what servers take", async () => {
    const form = async (format: string) => {
      const { status, stdout } = await run(["guard", "export", "lab-moe", "--format", format]);
      expect(status).toBe(0);
      return JSON.parse(stdout);
    };
    expect((await form("openai")).logit_bias[String(glitch.id)]).toBe(-100);
    expect((await form("vllm")).logit_bias[String(glitch.id)]).toBe(-100);
    const { logit_bias: pairs } = await form("llama-server");
    expect(pairs).toHaveLength(glitches);
    expect(pairs).toContainEqual([glitch.id, false]);
  });

  it("bans from the list, the same in every run", async () => {
    const list = join(folder, "list.json");
    const write = () => run(["guard", "export", "lab-moe", "--output", list]);
    expect((await write()).status).toBe(0);
    const first = readFileSync(list, "utf8");
    await write();
    expect(readFileSync(list, "utf8")).toBe(first);
    expect(JSON.parse(first).tokens).toContainEqual({ id: glitch.id, text: glitch.text });
    const scan = [
      "guard",
      "scan",
      "lab-moe",
      "--text",
      `a ${word()}`,
      "--tokens",
      list,
      "--fail-on",
      "found",
    ];
    expect((await run(scan)).status).toBe(4);
  });

  it("refuses a list of another tokenizer, a broken one and one that is too long", async () => {
    const call = (name: string, text: string) =>
      run(["guard", "scan", "lab-moe", "--text", "a", "--tokens", file(name, text)]);
    const other = { schema: 1, kind: "guard-list", tokens: [{ id: glitch.id, text: "▁somethingelse" }] };
    for (const text of [JSON.stringify(other), "{", "[999999]", "[-1]", '"x"', "{}"]) {
      const { status, stderr } = await call("bad.json", text);
      expect(status, text).toBe(1);
      expect(stderr).toContain("error:");
    }
  });
});

describe("mine --fail-on", () => {
  it("exits 4 for glitch tokens that the list lacks, and names them", async () => {
    const all = await run(["guard", "export", "lab-moe", "--json"]);
    const tokens: (typeof glitch)[] = JSON.parse(all.stdout).body.tokens;
    const known = file("known.json", JSON.stringify(tokens.map(({ id }) => id)));
    const lacking = tokens.filter(({ id }) => id !== glitch.id).map(({ id }) => id);
    const lacks = file("lacks.json", JSON.stringify(lacking));
    const again = (...flags: string[]) => run(["runs", "resume", "last", "--fail-on", ...flags]);
    expect((await again("new", "--known", known)).status).toBe(0);
    const { status, stderr } = await again("new", "--known", lacks);
    expect(status).toBe(4);
    expect(stderr).toContain(`${glitch.id} ${glitch.text}`);
    expect((await again("found")).status).toBe(4);
  });

  it("asks for the list before it begins", async () => {
    const { status, stderr } = await run(["mine", "lab-moe", "--fail-on", "new"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--known");
    const missing = ["mine", "lab-moe", "--fail-on", "new", "--known", join(folder, "no.json")];
    expect((await run(missing)).status).toBe(1);
  });
});
