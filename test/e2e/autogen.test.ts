// Entries for agents as a user gets them: from settings, from a server, into a file that is there already.

import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { MAIN, sandbox } from "./run.ts";
import { servers } from "./serve-process.ts";

const { folder, run, remove } = sandbox();
const { start, remove: removeServers } = servers();
const fakes: Server[] = [];
afterAll(async () => {
  for (const fake of fakes) fake.close();
  await removeServers();
  remove();
});

/** E2E_SOURCE=1 runs the sources unbuilt; tsx is looked for from the working folder. */
const fromSource = process.env.E2E_SOURCE === "1";
const SOURCE = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const OPTIONS = fromSource
  ? { main: SOURCE, nodeArgs: ["--import", "tsx"], cwd: process.cwd() }
  : { main: MAIN };
const assay = (...args: string[]) => run(args, OPTIONS);
const config = (...args: string[]) => assay("autogen", "config", ...args);

/** Nothing listens there: it is no port of clients' and needs rights to take. */
const NOBODY = "http://127.0.0.1:9/v1";

/** A server that answers every request with this. */
async function fakeModels(body: unknown, status = 200): Promise<string> {
  const fake = createServer((_, reply) => {
    reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  fakes.push(fake);
  await new Promise<void>((resolve) => fake.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
}

describe("autogen config", () => {
  it("prints entries of all formats for what would be served, and says that no server was asked", async () => {
    const { status, stdout, stderr } = await config("--base-url", NOBODY);
    expect(status, stderr).toBe(0);
    const formats = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(Object.keys(formats)).toEqual(["0.2", "ag2", "0.4", "agent-framework"]);
    expect(formats["0.2"]).toMatchObject([
      { model: "lab-moe", base_url: NOBODY, cache_seed: null, tags: ["local", "large"], max_tokens: 512 },
      { model: "lab-dense", tags: ["local", "small"] },
    ]);
    expect(stderr).toContain("cannot be reached");
  });

  it("asks a running server, whose entry then answers in `integration`", async () => {
    const server = await start(["lab-dense", "--alias", "local-small=lab-dense", "--threads", "1"]);
    const { status, stdout, stderr } = await config("--base-url", server.url, "--format", "0.2");
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ model: "lab-dense", base_url: `${server.url}/v1` }]);
    const named = await config("--base-url", server.url, "--model", "local-small,auto", "--json");
    const document = JSON.parse(named.stdout);
    expect(document).toMatchObject({ schema: 1, kind: "autogen-config", source: "server", file: null });
    expect(document.formats.ag2.map(({ model }: { model: string }) => model)).toEqual([
      "local-small",
      "auto",
    ]);
    const check = ["integration", "lab-dense", "--only", "live-server", "--threads", "1", "--json"];
    const asked = JSON.parse((await assay(...check, "--server", server.url)).stdout);
    expect(asked.checks, asked.checks[0].message).toMatchObject([
      { id: "live-server", status: "ok", figures: { rules: 5, broken: 0 } },
    ]);
    expect(asked.checks[0].message).toContain(`lab-dense at ${server.url}/v1 answered`);
    server.signal("SIGTERM");
    await server.ended;
    const gone = await assay(...check, "--server", server.url);
    expect([gone.status, JSON.parse(gone.stdout).checks[0].status]).toEqual([3, "fail"]);
  });

  it("starts a server for `integration` where none is named, with its key, and ends it", async () => {
    const env = { ASSAY_API_KEY: "a-key-of-some-length" };
    const check = ["integration", "lab-dense", "--only", "live-server", "--threads", "1", "--json"];
    const { status, stdout } = await run(check, { ...OPTIONS, env });
    const [row] = JSON.parse(stdout).checks;
    expect([status, row.status], row.message).toEqual([0, "ok"]);
    const url = /at (http:\S+)\/v1/.exec(row.message)?.[1];
    await expect(fetch(`${url}/health`)).rejects.toThrow(TypeError);
  });

  it("writes a new file for its owner alone, then merges on demand and keeps what was there", async () => {
    const path = join(folder, "OAI_CONFIG_LIST");
    const call = ["--base-url", NOBODY, "--output", path];
    expect((await config(...call, "--model", "lab-dense")).stderr).toContain("1 entry");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = `[\n  {"model": "gpt", "api_key": "sk-1234567890abcdef"},\n${readFileSync(path, "utf8").slice(2)}`;
    writeFileSync(path, before);
    const shown = await config(...call);
    expect(shown.stdout).toContain('+    "model": "lab-moe"');
    expect(shown.stdout + shown.stderr).not.toContain("sk-1234567890abcdef");
    expect(readFileSync(path, "utf8")).toBe(before);
    const merged = JSON.parse((await config(...call, "--write", "--json")).stdout).file;
    expect(merged).toMatchObject({ state: "merged", added: ["lab-moe"], changed: [] });
    expect(readFileSync(merged.backup, "utf8")).toBe(before);
    const after = JSON.parse(readFileSync(path, "utf8")) as { model: string; api_key: string }[];
    expect(after.map(({ model }) => model)).toEqual(["gpt", "lab-dense", "lab-moe"]);
    expect(after[0]!.api_key).toBe("sk-1234567890abcdef");
    expect((await config(...call, "--write")).stderr).toContain("has all of it already");
  });

  it("warns of AutoGen's cache beside the file", async () => {
    mkdirSync(join(folder, "project/.cache/41"), { recursive: true });
    const output = join(folder, "project/LIST");
    const { stderr } = await config("--base-url", NOBODY, "--output", output);
    expect(stderr).toContain("AutoGen's cache is in ");
  });

  it("leaves alone what is no list: another document, a folder, a link to nowhere", async () => {
    const other = join(folder, "other.json");
    writeFileSync(other, '{"config_list": []}');
    mkdirSync(join(folder, "a-folder"));
    writeFileSync(join(folder, "a-folder/list.json"), "[]");
    symlinkSync(join(folder, "nowhere"), join(folder, "link"));
    for (const name of ["other.json", "a-folder", "link"]) {
      const { status, stderr } = await config(
        ...["--base-url", NOBODY, "--write", "--output", join(folder, name)],
      );
      expect(status, name).toBe(1);
      expect(stderr, name).toContain("is no JSON list of entries");
    }
    expect(readFileSync(other, "utf8")).toBe('{"config_list": []}');
    expect(readFileSync(join(folder, "a-folder/list.json"), "utf8")).toBe("[]");
  });

  it("writes the name of a variable, and refuses what looks like the key", async () => {
    const { stdout, stderr } = await config(
      "--base-url",
      NOBODY,
      "--format",
      "0.4",
      "--api-key-env",
      "MY_KEY",
    );
    expect(JSON.parse(stdout)[0].config.api_key).toBe("MY_KEY");
    expect(stderr).toContain('os.environ["MY_KEY"]');
    expect((await config("--api-key-env", "sk-abc")).status).toBe(2);
  });

  it("shows nothing of a hostile list that a terminal would act on", async () => {
    const ids = ["\u001b]0;mistral\u0007", "\u202eb", "a\nb", "constructor", "__proto__"];
    const data = [...ids.map((id) => ({ id, object: "model" })), null, 7, { id: 5 }, { id: ids[0] }];
    const { status, stdout, stderr } = await config("--base-url", await fakeModels({ data }));
    expect(status, stderr).toBe(0);
    expect(stdout + stderr).toMatch(/^[\x20-\x7e\n]*$/);
    expect(JSON.parse(stdout).ag2.map(({ model }: { model: string }) => model)).toEqual(ids);
  });

  it("says what to do where a server wants a key, or is none", async () => {
    const closed = await config("--base-url", await fakeModels({ error: { message: "no" } }, 401));
    expect([closed.status, closed.stderr]).toEqual([2, expect.stringContaining("--api-key-file")]);
    const page = await config("--base-url", await fakeModels("<html>"));
    expect([page.status, page.stderr]).toEqual([2, expect.stringContaining("names no model")]);
  });
});
