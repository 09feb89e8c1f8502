import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config.ts";
import { DEFAULT_PLACEMENT } from "../../llama/index.ts";
import type { CliContext } from "../context.ts";
import type { Opening } from "./models-job.ts";
import { roomFor, serveFlags } from "./serve-flags.ts";

const PLAN = {
  ...{ clients: 8, requests: 2, promptTokens: 256, tokens: 64, sharedPrefix: 1_000, rounds: 3, seed: 0 },
};
const OPENING: Opening = {
  ...{ path: "m.gguf", name: "m", context: 4_096, gpu: "off" },
  placement: { ...DEFAULT_PLACEMENT, threads: 3 },
};

describe("serveFlags", () => {
  it("hands on what was said on the command line, and the threads that both sides have", () => {
    const resolved = loadConfig({ flags: { gpu: "off", kvType: "q8_0", mmap: false }, env: {} });
    const context = { resolved, unsafeLib: "/lib", memoryCheck: true } as CliContext;
    expect(serveFlags(context, OPENING, PLAN)).toEqual(
      `--gpu off --kv-type q8_0 --no-mmap --unsafe-lib /lib --threads 3 --context 4096 --parallel 4`.split(
        " ",
      ),
    );
  });

  it("makes room for all clients at once", () => {
    expect(roomFor(PLAN, 1_088)).toBe(8);
    expect(roomFor({ ...PLAN, sharedPrefix: 0 }, 1_088)).toBe(4);
    expect(roomFor({ ...PLAN, clients: 64 }, 4_096)).toBe(17);
  });
});
