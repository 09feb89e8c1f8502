import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { fakeEntry } from "../../../test/support/fake-fleet.ts";
import { type FakeServer, fakeServer } from "../../../test/support/server-context.ts";
import { createMetrics } from "./create-metrics.ts";
import type { RequestOutcome } from "./server-metrics.ts";

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const OUTCOME: RequestOutcome = {
  route: "/v1/chat/completions",
  model: "small-model",
  status: 200,
  error: "none",
  usage: { promptTokens: 10, cachedTokens: 4, completionTokens: 6 },
  guard: {
    mode: "rewrite",
    source: "mine-1",
    findings: [{ id: 1, index: 0, text: "x" }],
    inTemplate: 0,
    replaced: 1,
    left: 0,
    bannedFromOutput: 3,
  },
  routing: { reason: "score over threshold", escalatedFrom: ["tiny-model"] },
  firstTokenMs: 200,
  totalMs: 900,
};

describe("metrics", () => {
  it("are those of docs/operation.md, each with a help text and its unit in the name", async () => {
    server = await fakeServer();
    const text = await server.context.metrics.expose();
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
    const rows = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(
      ([, name, help]) => `| \`${name}\` | ${types.get(name)} | ${help} |`,
    );
    const page = readFileSync(new URL("../../../docs/operation.md", import.meta.url), "utf8");
    expect(page.split("\n").filter((line) => line.startsWith("| `assay_"))).toEqual(rows);
    for (const [name, type] of types) {
      expect(name).toMatch(/^assay_[a-z_]+$/);
      if (type === "counter") expect(name).toMatch(/_total$/);
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
  });

  it("add up what requests were", async () => {
    server = await fakeServer();
    const { metrics } = server.context;
    metrics.observe(OUTCOME);
    metrics.observe({
      ...OUTCOME,
      usage: undefined,
      guard: undefined,
      routing: undefined,
      error: "RUNNER_LOST",
      status: 503,
    });
    metrics.observe({ ...OUTCOME, model: undefined, error: "GUARD_REFUSED", status: 400 });
    metrics.observeLoad({ model: "small-model", seconds: 2, ok: true });
    metrics.observeLoad({ model: "small-model", seconds: 2, ok: false });
    const text = await metrics.expose();
    for (const line of [
      'assay_requests_total{route="/v1/chat/completions",status="200",error="none"} 1',
      'assay_requests_total{route="/v1/chat/completions",status="503",error="RUNNER_LOST"} 1',
      'assay_prompt_tokens_total{model="small-model"} 10',
      'assay_cached_tokens_total{model="small-model"} 4',
      'assay_completion_tokens_total{model="small-model"} 6',
      'assay_guard_findings_total{model="small-model"} 1',
      'assay_guard_rewrites_total{model="small-model"} 1',
      "assay_guard_refusals_total 1",
      'assay_routed_requests_total{model="small-model",reason="score over threshold"} 1',
      'assay_escalations_total{model="tiny-model"} 1',
      'assay_time_to_first_token_seconds_sum{model="small-model"} 0.4',
      'assay_model_loads_total{model="small-model",result="failed"} 1',
      'assay_model_load_duration_seconds_count{model="small-model"} 1',
    ])
      expect(text).toContain(`${line}\n`);
  });

  it("show models as they are when asked, and none that is gone", async () => {
    server = await fakeServer({ entries: [fakeEntry("one"), fakeEntry("two")] });
    const { fleet, metrics } = server.context;
    const lease = await fleet.lease("one");
    const text = await metrics.expose();
    expect(text).toContain('assay_model_state{model="one",state="ready"} 1\n');
    expect(text).toContain('assay_model_state{model="one",state="unloaded"} 0\n');
    expect(text).toContain('assay_requests_holding{model="one"} 1\n');
    expect(text).toContain('assay_process_resident_bytes{process="one"} 10\n');
    expect(text).toMatch(/assay_process_resident_bytes\{process="server"\} \d{7,}\n/);
    expect(text).toContain('assay_memory_bytes{kind="budget"} 100\n');
    lease.release();
    await fleet.reload([fakeEntry("two")]);
    const after = await metrics.expose();
    expect(after).not.toMatch(/_(state|bytes|holding|crashes_total)\{(model|process)="one"/);
  });

  it("tell of GPUs where there are some, and two servers do not add up", async () => {
    server = await fakeServer();
    const { fleet } = server.context;
    const gpus = () => [{ name: "CUDA0", freeBytes: 5, totalBytes: 9 }];
    const metrics = createMetrics({ fleet, version: "1.2.3", gpus });
    metrics.observe(OUTCOME);
    const text = await metrics.expose();
    expect(text).toContain('assay_gpu_memory_bytes{device="CUDA0",kind="free"} 5\n');
    expect(text).toContain('assay_build_info{version="1.2.3"} 1\n');
    expect(await server.context.metrics.expose()).not.toContain(
      'assay_completion_tokens_total{model="small-model"}',
    );
    metrics.close();
  });
});
