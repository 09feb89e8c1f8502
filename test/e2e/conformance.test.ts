// The check of a server as its user runs it: ours, one with a known fault, and one that means harm.

import { writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Fault, fakeServer } from "../support/fake-openai-server.ts";
import { type RunOptions, sandbox } from "./run.ts";
import { servers } from "./serve-process.ts";

const { start, remove: removeServers } = servers();
const { run, folder, remove } = sandbox();
const listening: Server[] = [];
afterAll(async () => {
  for (const server of listening) {
    server.closeAllConnections();
    server.close();
  }
  await removeServers();
  remove();
});

const SOURCE: RunOptions = {
  nodeArgs: ["--import", "tsx"],
  main: fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url)),
  cwd: process.cwd(),
};
const conformance = (...args: readonly string[]) =>
  run(["conformance", ...args], process.env.E2E_SOURCE === "1" ? SOURCE : {});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  listening.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The fake of the rules' own tests, over a socket. */
function listenAsFake(fault?: Fault): Promise<string> {
  const answer = fakeServer(fault);
  return listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const { method = "GET", headers } = request;
      const body = method === "POST" ? Buffer.concat(chunks).toString() : undefined;
      const init = {
        method,
        headers: headers as Record<string, string>,
        ...(body !== undefined && { body }),
      };
      try {
        const reply = await answer(`http://${headers.host}${request.url}`, init);
        response.writeHead(reply.status, Object.fromEntries(reply.headers));
        for await (const piece of reply.body ?? []) response.write(piece);
        response.end();
      } catch {
        response.destroy();
      }
    });
  });
}

interface Document {
  readonly ok: boolean;
  readonly model: string;
  readonly counts: Readonly<Record<"pass" | "fail" | "note" | "skip", number>>;
  readonly rules: readonly { id: string; status: string; reason: string; evidence?: string }[];
}
const failuresOf = ({ rules }: Document) => rules.filter(({ status }) => status === "fail");

describe("our own server", () => {
  it("keeps every rule, for a model and for the router, with a key", { timeout: 300_000 }, async () => {
    const keys = join(folder, "keys");
    writeFileSync(keys, "a-key-of-this-test-0123456789\n", { mode: 0o600 });
    const server = await start(["lab-moe", "lab-dense", "--api-key-file", keys, "--threads", "1"]);
    for (const model of ["lab-moe", "auto"]) {
      const { status, stdout, stderr } = await conformance(
        ...[server.url, "--model", model, "--api-key-file", keys, "--json"],
      );
      const document = JSON.parse(stdout) as Document;
      expect(failuresOf(document), stderr).toEqual([]);
      expect(status).toBe(0);
      expect(document).toMatchObject({ schema: 1, kind: "conformance", ok: true, model });
      // What cannot be asked is named: a rule that is skipped for another reason is a rule that is lost.
      const skipped = document.rules.filter((row) => row.status === "skip").map(({ id }) => id);
      const answersEndEarly = ["responses-max-output-tokens", "disconnect-plain"];
      expect(skipped.filter((id) => !answersEndEarly.includes(id))).toEqual([]);
      expect(document.rules.find(({ id }) => id === "key-required")?.status).toBe("pass");
      expect(stdout + stderr).not.toContain("a-key-of-this-test");
    }
    const refused = await conformance(server.url, "--json");
    expect(refused.status).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { hint: expect.stringContaining("--api-key-file") },
    });
  });
});

describe("another server", () => {
  it("passes when it keeps the rules", { timeout: 60_000 }, async () => {
    const { status, stdout } = await conformance(await listenAsFake());
    expect(stdout).toMatch(
      /^conformance of http:\/\/127\.0\.0\.1:\d+\/v1, model fake-model\npass {2}models-list/,
    );
    expect(stdout).toMatch(/\n\d+ rules in .* 0 broken/);
    expect(status).toBe(0);
  });

  it("with a known fault ends with 4, and the row says all that its author needs", {
    timeout: 60_000,
  }, async () => {
    const url = await listenAsFake("empty-tool-calls");
    const { status, stdout } = await conformance(url);
    expect(status).toBe(4);
    expect(stdout).toMatch(
      /\nfail {2}no-empty-tool-calls .* empty list.*\n +has to hold: .*\n +for: AutoGen 0\.2/,
    );
    expect(stdout).toMatch(/\n +got: .*"tool_calls":\[\].*\n +known from: microsoft\/autogen#3120/);
    expect(stdout).toMatch(/\nAutoGen 0\.2 +\d+ +[1-9]\d* .*no-empty-tool-calls/);

    const report = await conformance(url, "--report", "md", "--only", "no-empty-tool-calls,usage");
    expect(report.status).toBe(4);
    expect(report.stdout).toMatch(/^# Conformance of .*\n\nModel: fake-model\. 2 rules/);
    expect(report.stdout).toContain("| `no-empty-tool-calls` | **fail** |");
  });

  it.each<[Fault, string]>([
    ["default-model", "unknown-model"],
    ["context-cut", "context-overflow"],
    ["schema-fails-open", "schema-not"],
    ["tool-choice-ignored", "tool-choice-required"],
    ["usage-beside-choice", "stream-usage-chunk"],
    ["torn-characters", "stream-unicode"],
  ])("with the fault %s breaks %s", { timeout: 60_000 }, async (fault, rule) => {
    const { status, stdout } = await conformance(await listenAsFake(fault), "--only", rule, "--json");
    expect(status).toBe(4);
    expect(failuresOf(JSON.parse(stdout) as Document).map(({ id }) => id)).toEqual([rule]);
  });
});

describe("a hostile server", () => {
  const list = JSON.stringify({ object: "list", data: [{ id: "m\u001b[2Jm", object: "model" }] });

  it.each<[string, RequestListener]>([
    [
      "never ends a stream",
      (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const timer = setInterval(() => response.write('data: {"choices": []}\n\n'), 5);
        response.on("close", () => clearInterval(timer));
      },
    ],
    [
      "sends one line without an end",
      (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const line = Buffer.alloc(2 ** 20, "a");
        const pour = () => {
          while (!response.destroyed && response.write(line));
        };
        response.on("drain", pour);
        pour();
      },
    ],
    [
      "answers with escapes and wrong types",
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(
          '{"choices": [{"message": {"content": 7, "tool_calls": "\u001b]0;x\u0007"}}], "usage": "\\u001b[31m"}',
        );
      },
    ],
    ["says nothing", () => undefined],
  ])(
    "that %s ends with 4, in time, and does nothing to the terminal",
    { timeout: 120_000 },
    async (_what, listener) => {
      const url = await listen((request, response) => {
        if (request.url === "/v1/models") response.end(list);
        else listener(request, response);
      });
      const { status, stdout, stderr } = await conformance(url, "--timeout", "1");
      expect(status, stderr).toBe(4);
      expect(stdout).toMatch(/\n\d+ rules in /);
      expect((stdout + stderr).replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      expect(stderr).not.toContain("    at ");
    },
  );
});

describe("the command", () => {
  it("lists its rules without a server, and says what is missing or unknown", async () => {
    const list = await conformance("--list", "--json", "--only", "AG2");
    expect(list.status).toBe(0);
    const { kind, rules } = JSON.parse(list.stdout) as { kind: string; rules: { clients: string[] }[] };
    expect(kind).toBe("conformance-list");
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.every(({ clients }) => clients.includes("AG2"))).toBe(true);

    expect(await conformance()).toMatchObject({ status: 2, stderr: expect.stringContaining("assay serve") });
    expect(await conformance("http://127.0.0.1:9", "--only", "uasge")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Did you mean usage?"),
    });
    expect((await conformance("http://127.0.0.1:9")).status).toBe(1);
  });
});
