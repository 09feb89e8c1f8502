/** `assay chat` as a process with pipes: what is kept over turns, processes, signals and damage. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { MAIN } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-chat-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const SOURCE = ["--import", "tsx", fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))];
const bundled = fileURLToPath(new URL("../../models/", import.meta.url));
const [moe, dense] = [join(bundled, "lab-moe.gguf"), join(bundled, "lab-dense.gguf")];
const chats = join(folder, "chats");

/** Starts a chat whose stdin stays open; E2E_SOURCE=1 runs the sources unbuilt. */
function chat(args: readonly string[], models: readonly string[] = [moe]) {
  const program = process.env.E2E_SOURCE === "1" ? SOURCE : [MAIN];
  const child = spawn(process.execPath, [...program, "chat", ...models, "--threads", "1", ...args], {
    env: {
      HOME: folder,
      PATH: process.env.PATH ?? "",
      ASSAY_STORE: join(folder, "runs.db"),
      ASSAY_CACHE_DIR: join(folder, "cache"),
    },
    stdio: "pipe",
  });
  children.push(child);
  const seen = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (seen[name] += text));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const until = async (test: () => boolean) => {
    while (!test()) {
      if (child.exitCode !== null) throw new Error(`chat ended with ${child.exitCode}: ${seen.stderr}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  };
  return {
    child,
    seen,
    /** Writes a line and waits for the figures under its answer. */
    async say(line: string) {
      const before = figures(seen.stderr).length;
      child.stdin.write(`${line}\n`);
      await until(() => figures(seen.stderr).length > before);
      return figures(seen.stderr).at(-1)!;
    },
    until,
    async end(input = "") {
      child.stdin.end(input);
      return { status: await ended, ...seen };
    },
    ended,
  };
}

/** The lines under answers: evaluated and whole prompt tokens. */
function figures(stderr: string): { evaluated: number; prompt: number }[] {
  return [...stderr.matchAll(/^(\d+) of (\d+) prompt tokens evaluated, \d+ tokens? in /gm)].map(
    ([, evaluated, prompt]) => ({ evaluated: Number(evaluated), prompt: Number(prompt) }),
  );
}

const document = ({ stdout }: { stdout: string }) => JSON.parse(stdout);

describe("a conversation through a pipe", () => {
  it("answers a line a turn on stdout, and evaluates only what is new", async () => {
    const { say, end } = chat(["--max-tokens", "30"]);
    const first = await say("What is a river?");
    const second = await say("And what is a lake?");
    expect(first.evaluated).toBe(first.prompt);
    expect(second.prompt).toBeGreaterThan(first.prompt + 10);
    expect(second.evaluated).toBeLessThan(first.prompt + 5);
    const { status, stdout, stderr } = await end();
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(2);
    expect(stderr).not.toContain(">>>");
    expect(stderr).not.toContain("\u001b");
  });

  it("--json is one document with turns, counts and the guard's report", async () => {
    const { end } = chat(["--json", "--max-tokens", "12", "--system", "Be brief.", "--guard", "flag"]);
    const outcome = await end('Hello\n"""\ntwo\nlines\n"""\n/undo\n//slash\n');
    expect(outcome.status).toBe(0);
    expect(document(outcome)).toMatchObject({
      ...{ schema: 1, kind: "chat", status: "done", session: null, said: 2, prompt: { turns: 2 } },
      turns: [
        {
          user: "Hello",
          reason: expect.stringMatching(/stop|length/),
          cachedTokens: 0,
          guard: { mode: "flag" },
        },
        { user: "two\nlines", promptTokens: expect.any(Number) },
        { user: "/slash", assistant: expect.any(String), completionTokens: expect.any(Number) },
      ],
    });
  });

  it("a text that cannot be answered fails alone, and the status says so", async () => {
    const { end } = chat(["--json", "--context", "128", "--max-tokens", "10"]);
    const outcome = await end(`Hello\n${"word ".repeat(400)}\n/hlep\nHello again\n`);
    expect(outcome.status).toBe(1);
    const { turns, status } = document(outcome);
    expect(status).toBe("partial");
    expect(turns.map((it: { error?: { code: string } }) => it.error?.code)).toEqual([
      ...[undefined, "CONTEXT_FULL", "USAGE", undefined],
    ]);
  });

  it.each(["cut", "compress"])("a full context is made room in by %s, and it is told", async (rule) => {
    const lines = Array.from({ length: 7 }, (_, i) => `Question ${i}: what is a river, and what is a lake?`);
    const { end } = chat(["--json", "--context", "192", "--max-tokens", "24", "--when-full", rule]);
    const outcome = await end(`${lines.join("\n")}\n`);
    expect(outcome.status).toBe(0);
    const { turns, said, prompt } = document(outcome);
    expect(said).toBe(7);
    expect(prompt.turns).toBeLessThan(7);
    const made = turns.flatMap(({ room }: { room: object | null }) => (room ? [room] : []));
    expect(made.length).toBeGreaterThan(0);
    expect(outcome.stderr).toContain("The context was full:");
    for (const { promptTokens, completionTokens } of turns)
      expect(promptTokens + completionTokens).toBeLessThanOrEqual(192);
  });
});

describe("a session", () => {
  it("comes back in the next process with its messages and its cache", async () => {
    const first = chat(["--session", "../../rivers \u001b[2J"]);
    await first.say("What is a river?");
    await first.say("And what is a lake?");
    expect((await first.end()).status).toBe(0);
    for (const file of readdirSync(chats)) expect(file).toMatch(/^[0-9a-f]{40}\.chat\.json$/);

    const again = await chat(["--json", "--session", "../../rivers \u001b[2J"]).end("And a sea?\n");
    expect(again.stderr).toContain("Session ../../rivers \\x1b[2J: 2 turns");
    const { turns, said } = document(again);
    expect(said).toBe(3);
    expect(turns[0].cachedTokens).toBeGreaterThan(40);

    const listed = document(await chat(["--sessions", "--json"], []).end());
    expect(listed).toMatchObject({
      ...{ schema: 1, kind: "chat-sessions" },
      sessions: [{ turns: 3, model: { name: "lab-moe" }, cacheBytes: expect.any(Number) }],
    });
    expect(listed.sessions[0].cacheBytes).toBeGreaterThan(10_000);
  });

  it("with another model file keeps its messages and computes its cache again", async () => {
    await chat(["--session", "moves"]).end("What is a river?\n");
    const moved = await chat(["--json", "--session", "moves"], [dense]).end("And a lake?\n");
    expect(moved.stderr).toContain("its messages are here, its cache is computed again");
    expect(document(moved)).toMatchObject({ said: 2, turns: [{ cachedTokens: 0 }] });
  });

  it("loses nothing that was answered when the process is killed", async () => {
    const { say, child, ended } = chat(["--session", "killed"]);
    await say("What is a river?");
    await say("And what is a lake?");
    child.kill("SIGKILL");
    await ended;
    const again = document(await chat(["--json", "--session", "killed"]).end("/tokens x\n"));
    expect(again.said).toBe(2);
  });

  it("a damaged file is told, and left as it is", async () => {
    await chat(["--session", "hurt"]).end("Hello\n");
    const path = (await sessions()).find(({ name }) => name === "hurt")!.path;
    const damaged = readFileSync(path, "utf8").slice(0, 150);
    writeFileSync(path, damaged);
    const { status, stderr } = await chat(["--session", "hurt"]).end("Hello\n");
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: The session in .* cannot be read/);
    expect(readFileSync(path, "utf8")).toBe(damaged);
    expect((await chat(["--forget", "hurt"], []).end()).status).toBe(0);
    expect((await sessions()).some((it) => it.path === path)).toBe(false);
    expect((await chat(["--forget", "hurt"], []).end()).status).toBe(1);
  });

  it("of two processes in one session the second to save gives way", async () => {
    const [one, two] = [chat(["--session", "shared"]), chat(["--session", "shared"])];
    await two.until(() => two.seen.stderr.includes("Session shared begins"));
    await one.say("Hello");
    await two.say("What is a river?");
    await one.end();
    expect((await two.end()).stderr).toContain("Another process changed the session shared");
    expect((await sessions()).find(({ name }) => name === "shared")?.turns).toBe(1);
  });
});

async function sessions(): Promise<{ name?: string; path: string; turns?: number }[]> {
  return document(await chat(["--sessions", "--json"], []).end()).sessions;
}

describe("Ctrl-C", () => {
  /** An answer without an end. */
  const grammar = join(folder, "endless.gbnf");
  writeFileSync(grammar, "root ::= [a-z ] root");

  it("in an answer to a pipe stops it, keeps what was said and exits 130", async () => {
    const { child, seen, until, ended } = chat(["--session", "stopped", "--grammar", grammar]);
    child.stdin.write("What is a river?\nnever answered\n");
    await until(() => seen.stdout.length > 20);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(seen.stderr).toMatch(/prompt tokens, \d+ tokens in .*, stopped/);
    const { path } = (await sessions()).find(({ name }) => name === "stopped")!;
    const { turns } = JSON.parse(readFileSync(path, "utf8"));
    expect(turns).toEqual([{ user: "What is a river?", assistant: seen.stdout.slice(0, -1), stopped: true }]);
  });

  it("between answers leaves with everything saved", async () => {
    const { say, child, ended, seen } = chat(["--session", "left"]);
    await say("Hello");
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(seen.stderr).not.toContain("error");
    expect((await sessions()).find(({ name }) => name === "left")?.turns).toBe(1);
  });
});

it("a token id shows its card: what it is, and what comes after it raw and as a chat", async () => {
  const { status, stdout } = await chat(["8978", "--json"]).end();
  expect(status).toBe(0);
  const card = JSON.parse(stdout);
  expect(card).toMatchObject({
    ...{ schema: 1, kind: "token-card", mined: null },
    token: { id: 8978, class: "normal", tokenised: [8978] },
    forms: [{ form: "raw" }, { form: "chat" }],
  });
  for (const { top, target } of card.forms) {
    expect(top).toHaveLength(5);
    expect(target.rank).toBeGreaterThan(5);
  }
  expect((await chat(["99999"]).end()).status).toBe(2);
});
