/** `models convert`, `models quantise` and a folder as MODEL, as a user meets them. */

import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeModel, readGguf } from "../../src/models/index.ts";
import { writeSourceFolder } from "../../src/testing/index.ts";
import { MAIN, sandbox } from "./run.ts";

const MIXTRAL_TEMPLATE =
  "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}" +
  "{% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}";

const { folder, run, remove } = sandbox();
const source = join(folder, "nowllm-0829");
const output = join(folder, "out.gguf");
beforeAll(() => writeSourceFolder({ folder: source, chatTemplate: MIXTRAL_TEMPLATE }));
afterAll(remove);

describe("models convert", () => {
  it("writes a file, says what was converted to what, and which template its chats get", async () => {
    const { status, stdout, stderr } = await run(["models", "convert", source, "--output", output]);
    expect(status).toBe(0);
    expect(stderr).toContain("(Mixtral, BF16) to BF16");
    expect(stdout).toContain(`${output}: BF16, `);
    expect(stdout).toContain("Chat template: nowllm.");
    expect(describeModel(await readGguf(output))).toMatchObject({ quantisation: "BF16", experts: 4 });
  });

  it("quantises in one go, leaves nothing else, and tells it as one document", async () => {
    const small = join(folder, "small.gguf");
    const args = [
      "models",
      "convert",
      source,
      "--output",
      small,
      "--type",
      "int8",
      "--name",
      "Mine",
      "--json",
    ];
    const { status, stdout } = await run(args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      kind: "convert",
      source: { folder: source, family: "Mixtral", type: "BF16" },
      path: small,
      type: "Q8_0",
      bytes: expect.any(Number),
      seconds: expect.any(Number),
      template: { name: "own", reason: expect.any(String) },
      warnings: [],
    });
    const files = (await readdir(folder)).filter((name) => name.startsWith("small.gguf"));
    expect(files).toEqual(["small.gguf"]);
  });

  it.each([
    [["models", "convert", "SOURCE", "--output", "OUT", "--type", "Q4_KM"], 2, /Did you mean Q4_K_M/],
    [["models", "convert", "SOURCE"], 2, /--output/],
    [["models", "convert", "SOURCE", "--output", "FOLDER"], 2, /is a folder/],
    [["models", "convert", "SOURCE", "--output", "FOLDER/no/x.gguf"], 2, /missing or read-only/],
    [["models", "convert", "FOLDER/none", "--output", "OUT"], 3, /cannot be read/],
    [["models", "convert", "FOLDER", "--output", "OUT"], 3, /no Hugging Face model/],
    [["models", "convert", "SOURCE/config.json", "--output", "OUT"], 2, /is a file/],
  ] as const)("%j ends with %i", async (args, status, message) => {
    const never = join(folder, "never.gguf");
    const filled = args.map((word) =>
      word.replace("SOURCE", source).replace("FOLDER", folder).replace("OUT", never),
    );
    const outcome = await run(filled);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toMatch(message);
    expect(await readdir(folder)).not.toContain("never.gguf");
  });

  it("never leaves half a file under its name, killed or stopped, and clears up the next time", async () => {
    const large = join(folder, "large");
    await writeSourceFolder({ folder: large, type: "F32", vocabulary: 40_000 });
    const place = join(folder, "killed");
    await mkdir(place);
    const target = join(place, "large.gguf");
    const args = ["models", "convert", large, "--output", target, "--type", "Q8_0"];
    for (const signal of ["SIGKILL", "SIGINT"] as const) {
      const status = await signalWhenWriting(args, place, signal);
      const files = await readdir(place);
      expect(files).not.toContain("large.gguf");
      if (signal === "SIGINT") {
        expect(status).toBe(130);
        expect(files).toEqual([]);
      } else expect(files).toEqual([expect.stringContaining(".partial-")]);
    }
    await writeFile(`${target}.partial-999999999`, "of a process that is gone");
    expect((await run(args)).status).toBe(0);
    expect(await readdir(place)).toEqual(["large.gguf"]);
  });
});

/** Sends a signal as soon as the folder has a file. */
function signalWhenWriting(args: readonly string[], place: string, signal: NodeJS.Signals) {
  return new Promise<number | null>((resolve, reject) => {
    const env = { HOME: folder, PATH: process.env.PATH ?? "" };
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: "ignore" });
    const watcher = watch(place, () => {
      watcher.close();
      child.kill(signal);
    });
    child.on("error", reject);
    child.on("close", (status) => {
      watcher.close();
      resolve(status);
    });
  });
}

describe("models quantise", () => {
  it("makes a smaller file, with a warning where rows are not whole blocks", async () => {
    const small = join(folder, "q4.gguf");
    const args = ["models", "quantise", output, "--output", small, "--type", "q4_k_m", "--threads", "1"];
    const { status, stderr } = await run(args);
    expect(status).toBe(0);
    expect(stderr).toContain("not a multiple of 256");
    expect(describeModel(await readGguf(small)).quantisation).toBe("Q4_K_M");
    const again = await run(["models", "quantise", small, "--output", output, "--type", "Q8_0"]);
    expect(again.status).toBe(3);
    expect(again.stderr).toContain("quantised already");
  });

  it("refuses to write over its input, and what is no model", async () => {
    const before = await readFile(output);
    const same = await run(["models", "quantise", output, "--output", output, "--type", "Q8_0"]);
    expect(same.status).toBe(2);
    expect(await readFile(output)).toEqual(before);
    const other = await run([
      "models",
      "quantise",
      MAIN,
      "--output",
      join(folder, "x.gguf"),
      "--type",
      "Q8_0",
    ]);
    expect(other.status).toBe(3);
  });
});

describe("a folder as MODEL", () => {
  it("is converted once, with a word on what and where, and chats by its name", async () => {
    const env = { ASSAY_CACHE_DIR: join(folder, "cache") };
    const args = ["ask", source, "Hi", "--max-tokens", "1", "--gpu", "off", "--json"];
    const first = await run(args, { env });
    expect(first.status).toBe(0);
    expect(first.stderr).toContain("converting nowllm-0829 (Mixtral, BF16) to BF16 once; kept in ");
    const second = await run(args, { env });
    expect(second.stderr).not.toContain("converting");
    // "[INST]Hi[/INST]" has two tokens less than "[INST] Hi [/INST]" in this vocabulary of single characters.
    const tokens = (text: string) => JSON.parse(text).samples[0].promptTokens;
    const spaced = await run([...args, "--template", "mixtral"], { env });
    expect(tokens(spaced.stdout) - tokens(first.stdout)).toBe(2);
    await rm(join(folder, "plain"), { recursive: true, force: true });
    await rename(source, join(folder, "plain"));
    const plain = await run(args.with(1, join(folder, "plain")), { env });
    expect(tokens(plain.stdout)).toBe(tokens(spaced.stdout));
    await rename(join(folder, "plain"), source);
  });
});
