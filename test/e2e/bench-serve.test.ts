/** `assay bench serve` as a user runs it: refusals before any work, another server beside ours, Ctrl-C. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomModel } from "../../src/testing/index.ts";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
const quick =
  "--clients 2 --requests 1 --prompt-tokens 12 --tokens 4 --shared-prefix 30 --gpu off --threads 1".split(
    " ",
  );
const bench = ["bench", "serve", "--model", "small.gguf", ...quick];

/** Answers at once with as many tokens as are asked for. */
const asked: { prompt: number[]; ignore_eos?: boolean }[] = [];
let peer: Server;
let peerUrl = "";
beforeAll(async () => {
  await writeRandomModel({ path: join(folder, "small.gguf"), type: "F16", seed: 3 });
  peer = createServer(async (request, response) => {
    if (request.url === "/v1/models") return void response.end('{"data": [{"id": "other"}]}');
    let body = "";
    for await (const chunk of request) body += chunk;
    const fields = JSON.parse(body);
    asked.push(fields);
    const line = (data: object) => response.write(`data: ${JSON.stringify(data)}\n\n`);
    line({ choices: [{ index: 0, text: "a" }] });
    line({ choices: [], usage: { completion_tokens: fields.max_tokens } });
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
  peerUrl = `http://127.0.0.1:${(peer.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  peer.close();
  remove();
});

describe("what cannot be measured is refused before any work", () => {
  it.each([
    [["--model", "no-such-model"], 3, "MODEL_NOT_FOUND"],
    [["--peer", "somewhere"], 2, "USAGE"],
    [["--peer", "http://127.0.0.1:1"], 1, "DATA_UNAVAILABLE"],
    [["--clients", "0"], 2, "USAGE"],
    [["--report", "/nowhere/r.html"], 2, "USAGE"],
  ])("%j", async (args, status, code) => {
    const { stdout, stderr, ...outcome } = await run([
      "bench",
      "serve",
      ...args,
      "--json",
      "--progress",
      "json",
    ]);
    expect(outcome.status).toBe(status);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, error: { code } });
    expect(stderr).not.toContain("stage-start");
  });
});

describe("a measured server", () => {
  it("has every figure of the document, and none of a peer that was not named", async () => {
    const report = join(folder, "report.html");
    const { status, stdout, stderr } = await run([...bench, "--rounds", "3", "--json", "--report", report]);
    expect(status, stderr).toBe(0);
    const { results, ...document } = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "bench", name: "serve", status: "done", peer: null });
    const byName = Object.fromEntries(results.map((result: { name: string }) => [result.name, result]));
    for (const name of ["tokens-per-second", "shared-prefix"]) {
      expect(byName[name]).toMatchObject({ model: "small", unit: "tokens/s", runs: 3 });
      const { value, baseline, ratio, min, max, measured } = byName[name];
      for (const figure of [value, baseline, ratio, min]) expect(figure).toBeGreaterThan(0);
      expect(max).toBeGreaterThanOrEqual(value);
      expect(measured).toMatch(/2 clients|first 30 are the same/);
    }
    expect(byName["first-token-p95"].value).toBeGreaterThanOrEqual(byName["first-token-p50"].value);
    expect(byName["request-p50"].value).toBeGreaterThanOrEqual(byName["first-token-p50"].value);
    expect(byName.peer).toMatchObject({ value: null, baseline: null, ratio: null, runs: 0 });
    expect(readFileSync(report, "utf8")).toContain("not measured");
  });

  it("is held against another server on the same load", async () => {
    const { status, stdout, stderr } = await run([...bench, "--rounds", "1", "--json", "--peer", peerUrl]);
    expect(status, stderr).toBe(0);
    const { results } = JSON.parse(stdout);
    const peerRow = results.find(({ name }: { name: string }) => name === "peer");
    expect(peerRow.value).toBeGreaterThan(0);
    // A warm-up and the plain load, then prompts that share nothing, then prompts that begin alike.
    expect(asked.map(({ prompt }) => prompt.length)).toEqual([12, 12, 12, 12, 54, 54, 54, 54]);
    const beginning = ({ prompt }: { prompt: number[] }) => prompt.slice(0, 30).join();
    const beginnings = asked.slice(4).map(beginning);
    expect(beginnings[0]).not.toBe(beginnings[1]);
    expect(beginnings[2]).toBe(beginnings[3]);
    expect(asked.every(({ ignore_eos }) => ignore_eos)).toBe(true);
  });

  it("stops at Ctrl-C and leaves no server behind", async () => {
    const { status } = await run([...bench, "--requests", "500", "--progress", "json"], {
      signalAfter: /assay serve, plain prompts/,
    });
    expect(status).toBe(130);
    const left = () => execFileSync("ps", ["-axo", "args"], { encoding: "utf8" }).includes(folder);
    await expect.poll(left, { timeout: 10_000 }).toBe(false);
  });
});
