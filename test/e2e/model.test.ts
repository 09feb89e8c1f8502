/** Commands that run a model, on a small one with random weights: what they print, not what it means. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomModel } from "../../src/testing/index.ts";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
const model = join(folder, "tiny.gguf");
beforeAll(() => writeRandomModel({ path: model, chatTemplate: MIXTRAL_TEMPLATE }));
afterAll(remove);

const MIXTRAL_TEMPLATE =
  "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}" +
  "{% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}";

describe("ask", () => {
  it("streams the text that --json tells, and nothing else on stdout", async () => {
    const args = ["ask", model, "Hello", "--max-tokens", "6", "--raw"];
    const plain = await run(args);
    expect(plain.status).toBe(0);
    const document = JSON.parse((await run([...args, "--json"])).stdout);
    expect(document).toMatchObject({
      schema: 1,
      kind: "ask",
      model: { name: "tiny", fingerprint: expect.any(String) },
      samples: [{ reason: "length", completionTokens: 6 }],
    });
    expect(plain.stdout).toBe(`${document.samples[0].text}\n`);
  });

  it("reads the prompt from stdin, takes stop texts and tells log-probabilities", async () => {
    const args = ["ask", model, "-", "--max-tokens", "4", "--json", "--logprobs", "2"];
    const [sample] = JSON.parse((await run(args, { input: "Hello" })).stdout).samples;
    expect(sample.tokens).toHaveLength(4);
    for (const token of sample.tokens) {
      expect(token.logprob).toBeLessThan(0);
      expect(token.top).toHaveLength(2);
    }
  });

  it("draws the same n samples from the same seed", async () => {
    const args = [
      "ask",
      model,
      "Hi",
      "--max-tokens",
      "5",
      "--n",
      "3",
      "--temperature",
      "1",
      "--json",
      "--seed",
    ];
    const texts = async (seed: string) =>
      JSON.parse((await run([...args, seed])).stdout).samples.map((it: { text: string }) => it.text);
    const first = await texts("1");
    expect(first).toHaveLength(3);
    expect(await texts("1")).toEqual(first);
    expect(await texts("2")).not.toEqual(first);
  });

  it("follows a JSON schema and a grammar", async () => {
    writeFileSync(join(folder, "schema.json"), '{"enum": ["yes", "no"]}');
    const byType = await run(["ask", model, "Hi", "--json-schema", "schema.json", "--max-tokens", "20"]);
    expect(['"yes"', '"no"']).toContain(byType.stdout.trim());
    writeFileSync(join(folder, "digits.gbnf"), "root ::= [0-9] [0-9]");
    const byGrammar = await run(["ask", model, "Hi", "--grammar", "digits.gbnf", "--max-tokens", "20"]);
    expect(byGrammar.stdout).toMatch(/^\d\d\n$/);
  });

  it("answers a file in its order; a failing line is a row and the status is 1", async () => {
    const lines = ['"one"', "not json", '{"prompt": "three", "id": "c"}', '{"prompt": 4}', '"five"'];
    writeFileSync(join(folder, "prompts.jsonl"), lines.join("\n"));
    const args = ["ask", model, "--file", "prompts.jsonl", "--max-tokens", "3"];
    const { status, stdout } = await run(args);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(status).toBe(1);
    expect(rows.map((row) => row.line)).toEqual([1, 2, 3, 4, 5]);
    expect(rows.map((row) => row.error?.code)).toEqual([
      undefined,
      "DATA_UNAVAILABLE",
      undefined,
      "DATA_UNAVAILABLE",
      undefined,
    ]);
    expect(rows[2]).toMatchObject({ id: "c", samples: [{ completionTokens: 3 }] });
    const document = JSON.parse((await run([...args, "--json"])).stdout);
    expect(document).toMatchObject({ schema: 1, kind: "ask", status: "partial", rows });
  });

  it("refuses what the context cannot hold", async () => {
    const { status, stdout } = await run([
      "ask",
      model,
      "Hi",
      "--context",
      "64",
      "--max-tokens",
      "100",
      "--json",
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error.code).toBe("CONTEXT_FULL");
  });
});

describe("predict", () => {
  it("shows raw and chat side by side and the chances of the expected text", async () => {
    const { status, stdout, stderr } = await run([
      "predict",
      model,
      "The quick brown",
      "--expect",
      "fox",
      "--json",
    ]);
    expect(status).toBe(0);
    expect(stderr).toContain("noisy");
    const { forms } = JSON.parse(stdout);
    expect(forms.map((form: { form: string }) => form.form)).toEqual(["raw", "chat"]);
    for (const { top, expected, promptTokens } of forms) {
      expect(top).toHaveLength(10);
      expect(promptTokens).toBeGreaterThan(1);
      expect(expected.map((it: { text: string }) => it.text)).toEqual([" fox", "fox"]);
      // The whole is never more probable than its first token.
      for (const { first, p, ids } of expected) {
        expect(p).toBeLessThanOrEqual(first.p * 1.001);
        if (ids.length === 1) expect(p).toBeCloseTo(first.p, 5);
      }
    }
  });
});

describe("token", () => {
  it("tells what an id is and how a text is tokenised", async () => {
    const byId = JSON.parse((await run(["token", "1", "-m", model, "--json"])).stdout);
    expect(byId).toMatchObject({ schema: 1, kind: "token", tokens: [{ id: 1, class: "control" }] });
    const byText = JSON.parse((await run(["token", "12", "--text", "-m", model, "--json"])).stdout);
    const bytes = byText.tokens.map((token: { bytes: string }) => token.bytes).join("");
    expect(Buffer.from(bytes, "hex").toString()).toBe("12");
    expect((await run(["token", "999999", "-m", model])).status).toBe(2);
  });
});

describe("doctor", () => {
  it("reports every check as a document", async () => {
    const { stdout, status } = await run(["doctor", model, "--json"]);
    const { schema, ok, checks } = JSON.parse(stdout);
    expect(schema).toBe(1);
    expect(status).toBe(ok ? 0 : 3);
    const ids = checks.map((check: { id: string }) => check.id);
    expect(ids).toEqual([
      "node",
      "library",
      "decode",
      "processor",
      "gpu",
      "model",
      ...["header", "metadata", "tensors", "sizes", "shards", "tokenizer", "template", "layout", "scales"],
      ...["hash", "memory"],
      "disk",
      "store",
    ]);
    for (const check of checks) {
      expect(["ok", "warn", "fail"]).toContain(check.status);
      if (check.status === "fail") expect(check.hint).toEqual(expect.any(String));
    }
  });

  it("says which model file is wrong and still does the other checks", async () => {
    writeFileSync(join(folder, "bad.gguf"), "no");
    const { stdout, status } = await run(["doctor", "bad.gguf", "--json"]);
    expect(status).toBe(3);
    const { checks } = JSON.parse(stdout);
    expect(checks.find((check: { id: string }) => check.id === "header").status).toBe("fail");
    expect(checks.at(-1)).toMatchObject({ id: "store", status: "ok" });
  });
});

describe("mine", () => {
  it("stops at Ctrl-C, says how to go on, and goes on", async () => {
    const stopped = await run(["mine", model, "--progress", "json"], { signalAfter: /"stage":"controls"/ });
    expect(stopped.status).toBe(130);
    const [, id] = /npx assay runs resume (mine-\S+)/.exec(stopped.stderr) ?? [];
    expect(id).toBeDefined();
    expect(JSON.parse((await run(["runs", "show", id!, "--json"])).stdout).run.status).toBe("interrupted");
    // Random weights repeat nothing, so no template works: the run goes on to that finding.
    const resumed = await run(["runs", "resume", id!]);
    expect(resumed.status).toBe(2);
    expect(resumed.stderr).toContain("No probe template works on this model");
    expect(resumed.stderr).not.toContain("    at ");
  });

  it("takes glitcher's command line and says what it does with each flag", async () => {
    const line =
      "--num-iterations 5 --batch-size 8 --k 32 --quant-type int4 --num-attempts 3 --asr-threshold 0.7 --validation-tokens 100";
    const { stderr } = await run(["mine", model, ...line.split(" ")]);
    expect(stderr).toContain("The budget is 40 tokens");
    expect(stderr).not.toContain("--k says nothing");
    expect(stderr).toContain("--quant-type int4 is for Hugging Face folders");
  });
});

const LAB = new URL("../../models/lab-moe.gguf", import.meta.url);

describe.skipIf(!existsSync(LAB))("mine on the bundled model", () => {
  const args = ["mine", "lab-moe", "--budget", "960", "--seed", "3", "--json"];
  const verdicts = (stdout: string) =>
    JSON.parse(stdout).tokens.map((it: { id: number; verdict: string; p: number }) => [
      it.id,
      it.verdict,
      it.p,
    ]);

  it("ends alike with and without an interruption", async () => {
    const whole = await run(args);
    expect(whole.status).toBe(0);
    const stopped = await run([...args, "--progress", "json"], {
      signalAfter: /"stage":"census","done":[1-9]/,
    });
    expect(stopped.status).toBe(130);
    const { run: half } = JSON.parse((await run(["runs", "show", "last", "--json"])).stdout);
    expect(half.pages).toBeGreaterThan(1);
    const output = join(folder, "glitch_tokens.json");
    const resumed = await run(["runs", "resume", "last", "--json", "--output", output]);
    expect(resumed.status).toBe(0);
    expect(verdicts(resumed.stdout)).toEqual(verdicts(whole.stdout));
    expect(existsSync(output)).toBe(true);
  });
});
