// A project of the former Python system, as a user moves it: look, write, look again; and what goes wrong midway.

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { MAIN, sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
afterAll(remove);

const PROJECT: Readonly<Record<string, string>> = {
  "trader/config.py": `"""Settings of the trader; the model is TinyLlama."""
import os

# Where the model comes from
DEFAULT_MODEL_REPO = "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF"
DEFAULT_MODEL_FILE: str = 'tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf'  # 668 MB
DEFAULT_MODEL_PATH = os.path.join("models", DEFAULT_MODEL_FILE)
DEFAULT_CONTEXT_LENGTH = int(os.environ.get("DEFAULT_CONTEXT_LENGTH", 2048))
MODEL_ID = "local-tinyllama-1.1b-chat"
`,
  "trader/agents/analyst.py": `from autogen import AssistantAgent
LABEL = f"local-tinyllama-1.1b-chat ({__name__})"
llm_config = {
    "config_list": [{"model": "local-tinyllama-1.1b-chat", "base_url": "http://localhost:8000", "api_key": ""}],
    "cache_seed": 41,
}
`,
  "trader/server.py": "from llama_cpp import Llama\nllm = Llama(path, n_ctx=2048)\n",
  "tests/test_config.py":
    'from trader import config\ndef test_id():\n    assert config.MODEL_ID == "local-tinyllama-1.1b-chat"\n',
  OAI_CONFIG_LIST: `[
    // our own server
    {"model": "local-tinyllama-1.1b-chat", "base_url": "http://127.0.0.1:8000/", "api_key": "NULL"},
    {"model": "gpt-4", "api_key": "sk-a1b2c3d4e5"},
]
`,
  ".env":
    "DEFAULT_MODEL_PATH=./models/tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf\r\nOPENAI_API_KEY=sk-secret-of-mine",
  "notes.ipynb":
    '{"cells": [{"cell_type": "code", "source": ["m = \\"local-tinyllama-1.1b-chat\\"\\n"], "outputs": []}]}\n',
  "README.md": "Runs on TinyLlama.\n",
  ".git/config": "local-tinyllama-1.1b-chat\n",
  "venv/lib/site.py": 'DEFAULT_MODEL_REPO = "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF"\n',
};

let project: string;
let projects = 0;
beforeEach(() => {
  project = join(folder, `project-${projects++}`);
  for (const [path, text] of Object.entries(PROJECT)) put(path, text);
  put("venv/pyvenv.cfg", "");
  put(".cache/41/cache.db", "");
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

const read = (path: string) => readFileSync(join(project, path), "utf8");

function contents(): Record<string, string> {
  return Object.fromEntries(Object.keys(PROJECT).map((path) => [path, read(path)]));
}

describe("migrate", () => {
  it("shows a diff, tells what it leaves, hides keys and writes nothing", async () => {
    const { status, stdout, stderr } = await run(["migrate", project]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('-DEFAULT_MODEL_REPO = "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF"');
    expect(stdout).toContain('+DEFAULT_MODEL_REPO = "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF"');
    expect(stdout).toContain("+++ b/OAI_CONFIG_LIST");
    expect(stdout + stderr).not.toMatch(/sk-secret|sk-a1b2/);
    expect(stderr).toContain(".cache/41");
    expect(stderr).toContain("trader/agents/analyst.py:2"); // the f-string
    expect(stderr).toContain("trader/server.py:2"); // n_ctx
    expect(stderr).toContain("--write");
    expect(contents()).toEqual(PROJECT);
    expect((await run(["migrate", project, "--check"])).status).toBe(4);
  });

  it("writes, keeps the old files, and finds nothing the second time", async () => {
    const { status, stdout, stderr } = await run(["migrate", project, "--write", "--json"]);
    expect(status, stderr).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "migrate", left: [] });
    expect(document.written).toHaveLength(6);
    expect(document.files.map(({ path }: { path: string }) => path)).toEqual(document.written);
    const config = document.files.find(({ path }: { path: string }) => path === "trader/config.py");
    expect(config.edits[0]).toEqual({
      line: 5,
      before: "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF",
      after: "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF",
      why: expect.any(String),
    });
    expect(read("trader/config.py")).toBe(`"""Settings of the trader; the model is TinyLlama."""
import os

# Where the model comes from
DEFAULT_MODEL_REPO = "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF"
DEFAULT_MODEL_FILE: str = 'Mixtral-8x7B-Instruct-v0.1.Q4_K_M.gguf'  # 668 MB
DEFAULT_MODEL_PATH = os.path.join("models", DEFAULT_MODEL_FILE)
DEFAULT_CONTEXT_LENGTH = int(os.environ.get("DEFAULT_CONTEXT_LENGTH", 4096))
MODEL_ID = "local-mixtral-8x7b-instruct"
`);
    expect(read("OAI_CONFIG_LIST")).toBe(`[
    // our own server
    {"model": "local-mixtral-8x7b-instruct", "base_url": "http://127.0.0.1:8000/v1", "api_key": "NULL"},
    {"model": "gpt-4", "api_key": "sk-a1b2c3d4e5"},
]
`);
    expect(read("trader/agents/analyst.py")).toContain('"cache_seed": None');
    expect(read(".env")).toBe(
      "DEFAULT_MODEL_PATH=./models/Mixtral-8x7B-Instruct-v0.1.Q4_K_M.gguf\r\nOPENAI_API_KEY=sk-secret-of-mine",
    );
    for (const path of ["README.md", ".git/config", "venv/lib/site.py", "trader/server.py"])
      expect(read(path)).toBe(PROJECT[path]);
    const again = await run(["migrate", project, "--write", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ files: [], written: [], backup: null });
    expect((await run(["migrate", project, "--check"])).status).toBe(0);
    // The way back that it names.
    cpSync(join(project, document.backup), project, { recursive: true });
    expect(contents()).toEqual(PROJECT);
  });

  it("leaves a read-only file and says so, and refuses what it cannot mean", async () => {
    chmodSync(join(project, "OAI_CONFIG_LIST"), 0o444);
    const { status, stderr } = await run(["migrate", project, "--write"]);
    expect(status).toBe(1);
    expect(stderr).toContain("OAI_CONFIG_LIST: it is read-only");
    expect(read("OAI_CONFIG_LIST")).toBe(PROJECT.OAI_CONFIG_LIST);
    expect(read("trader/config.py")).toContain("Mixtral");
    expect((await run(["migrate", join(project, "none")])).status).toBe(1);
    expect((await run(["migrate", project, "--write", "--check"])).status).toBe(2);
    expect((await run(["migrate"])).status).toBe(2);
  });

  it("never follows a link out of the project, and shows no escape sequence of a file's", async () => {
    const outside = join(folder, "outside.py");
    writeFileSync(outside, 'M = "local-tinyllama-1.1b-chat"\n');
    symlinkSync(outside, join(project, "link.py"));
    put("evil.py", 'M = "local-tinyllama-1.1b-chat"  # \u001b[2J\u202e\u0007\n');
    const { status, stdout } = await run(["migrate", project, "--write"]);
    expect(status).toBe(0);
    expect(stdout).toContain("\\x1b[2J\\u{202e}\\x07");
    expect(stdout).not.toContain("\u001b");
    expect(readFileSync(outside, "utf8")).toContain("tinyllama");
    expect(read("evil.py")).toContain("\u001b[2J\u202e\u0007");
  });

  it("loses nothing on a full disk: every file is whole, and a later run goes on", async () => {
    // A limit on a file's size ends a write as a full disk does; the backup still fits, the new text does not.
    const long = 'M = "local-tinyllama-1.1b-chat"\n'.padEnd(1_023, "#");
    put("z.py", long);
    const call = [
      "-c",
      'ulimit -f 1; exec "$0" "$@"',
      process.execPath,
      MAIN,
      "migrate",
      project,
      "--write",
      "--json",
    ];
    const full = spawnSync("bash", call, { encoding: "utf8", env: { HOME: folder, PATH: process.env.PATH } });
    expect(full.status, full.stderr).toBe(1);
    expect(JSON.parse(full.stdout).error).toMatchObject({ code: "DISK_FULL" });
    expect(read("z.py")).toBe(long);
    expect(readdirSync(project).filter((name) => name.endsWith("tmp"))).toEqual([]);
    expect(read("trader/config.py")).toContain("Mixtral");
    expect((await run(["migrate", project, "--write"])).status).toBe(0);
    expect(read("z.py")).toContain("mixtral");
  });

  it("leaves every file whole when it is killed between two of them", async () => {
    const old = `${"# filler\n".repeat(2_000)}M = "local-tinyllama-1.1b-chat"\n`;
    const renewed = old.replace("local-tinyllama-1.1b-chat", "local-mixtral-8x7b-instruct");
    const names = Array.from({ length: 400 }, (_, i) => `many/m${String(i).padStart(3, "0")}.py`);
    for (const name of names) put(name, old);
    const child = spawn(process.execPath, [MAIN, "migrate", project, "--write"], {
      env: { HOME: folder, PATH: process.env.PATH },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.on("close", (_status, signal) => resolve(signal)));
    while (read(names[20]!) === old && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    const states = names.map(read);
    expect(states.filter((text) => text !== old && text !== renewed)).toEqual([]);
    expect(states).toContain(old);
    expect(states).toContain(renewed);
    expect((await run(["migrate", project, "--write"])).status).toBe(0);
    expect(names.map(read).every((text) => text === renewed)).toBe(true);
    expect(readdirSync(join(project, "many")).length).toBe(names.length);
  });
});
