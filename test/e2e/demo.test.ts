// The first minute: what `npm start` runs.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
afterAll(remove);

describe("demo", () => {
  it("tells its five steps with figures and ends well", async () => {
    const { status, stdout, stderr } = await run(["demo"]);
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    for (const title of [
      "1. This machine",
      "2. One token, live",
      "3. The same text, guarded",
      "4. Every token",
      "5. What you have now",
    ])
      expect(stdout).toContain(title);
    expect(stdout).toMatch(/Mixtral 8x7B Instruct v0.1 Q4_K_M needs .*24\.62 GiB of weights/);
    expect(stdout).toContain("repeated faithfully");
    expect(stdout).toContain("NOT repeated");
    expect(stdout).toContain("the same bytes");
    const [report] = /\/\S+assay-report-\S+\.html/.exec(stdout) ?? [];
    expect(readFileSync(report!, "utf8")).toContain("</html>");
  });

  it("gives every figure it shows as one document", async () => {
    const { status, stdout } = await run(["demo", "--json"], { cwd: folder });
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "demo", census: { status: "done" } });
    expect(document.machine.models[0].weightsBytes / 2 ** 30).toBeCloseTo(24.62, 2);
    expect(document.oneToken.neighbour.repeated).toBe(true);
    expect(document.oneToken.glitch.repeated).toBe(false);
    expect(document.guarded.before.id).toBe(document.oneToken.glitch.id);
    expect(document.guarded.repeated).toBe(true);
    const pieces: { id: number; text: string }[] = document.guarded.pieces;
    expect(pieces.map(({ text }) => text).join("")).toBe(document.guarded.before.text);
    expect(pieces.map(({ id }) => id)).not.toContain(document.guarded.before.id);
    expect(document.census.truth.recall).toBeGreaterThanOrEqual(0.98);
    expect(document.next).toHaveLength(4);
    expect(existsSync(join(document.report))).toBe(true);
  });
});
