// The order of renderings, with renderers that do what the test says.

import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createJinjaPool, type JinjaPoolOptions } from "./render-jinja-pool.ts";
import type { JinjaProcess, Rendering } from "./render-jinja-process.ts";

const LATE_MS = 30;

/** Renderers that are ready at once and answer "name: values"; one whose template is "loop" never does by itself. */
function poolOf(options: JinjaPoolOptions = {}) {
  const started: { kill: () => void; rendered: string[] }[] = [];
  const start = (): JinjaProcess => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const rendered: string[] = [];
    let lose = () => {};
    const kill = () => {
      lose();
      end();
    };
    started.push({ kill, rendered });
    return {
      pid: started.length,
      ready: Promise.resolve(true),
      render({ template, values }) {
        rendered.push(values);
        return new Promise<Rendering>((resolve) => {
          lose = () => resolve({ type: "lost", how: "SIGKILL", isMemory: false });
          if (template !== "loop") setTimeout(resolve, 1, { type: "text", text: `${template}: ${values}` });
        });
      },
      kill,
      ended,
    };
  };
  const pool = createJinjaPool({ start, lateMs: LATE_MS, ...options });
  const render = (template: string, values = "") => pool.render({ template, values, timeoutMs: 1_000 });
  return { pool, render, started };
}

describe("a pool of renderers", () => {
  it("starts none before it is asked, and one for any number of renderings that are quick", async () => {
    const { pool, render, started } = poolOf();
    expect(pool.pids).toEqual([]);
    const texts = await Promise.all(Array.from({ length: 100 }, (_, index) => render("t", String(index))));
    expect(texts.at(-1)).toEqual({ type: "text", text: "t: 99" });
    // In the order in which they came.
    expect(started[0]!.rendered).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    expect(pool.pids).toEqual([1]);
  });

  it("passes by a rendering that is late", async () => {
    const { render, started } = poolOf();
    void render("loop");
    expect(await render("t", "a")).toEqual({ type: "text", text: "t: a" });
    expect(started).toHaveLength(2);
    await render("t", "b");
    expect(started).toHaveLength(2);
  });

  it("never gives one template all renderers", async () => {
    const { render, started } = poolOf({ most: 3 });
    for (let index = 0; index < 10; index++) void render("loop");
    await pause(10 * LATE_MS);
    expect(started.flatMap(({ rendered }) => rendered)).toHaveLength(2);
    expect(await render("t", "a")).toEqual({ type: "text", text: "t: a" });
    expect(started).toHaveLength(3);
  });

  it("takes the template that has the fewest first", async () => {
    const { render, started } = poolOf();
    for (let index = 0; index < 5; index++) void render("loop", `loop ${index}`);
    expect(await render("t", "other")).toEqual({ type: "text", text: "t: other" });
    expect(started[1]!.rendered[0]).toBe("other");
  });

  it("tries once more, in another process, what was killed from outside", async () => {
    const { render, started } = poolOf();
    const rendering = render("loop", "x");
    await expect.poll(() => started[0]?.rendered).toEqual(["x"]);
    started[0]!.kill();
    await expect.poll(() => started[1]?.rendered).toEqual(["x"]);
    started[1]!.kill();
    expect(await rendering).toMatchObject({ type: "lost", how: "SIGKILL" });
    expect(started).toHaveLength(2);
    expect(await render("t", "a")).toEqual({ type: "text", text: "t: a" });
  });

  it("refuses what would wait in too long a line, by number and by size", async () => {
    const { render } = poolOf({ mostWaiting: 3, most: 1 });
    await render("t");
    const all = Array.from({ length: 4 }, () => render("t"));
    await expect(render("t")).rejects.toMatchObject({ code: "BUSY" });
    await Promise.all(all);
    expect(await render("t", "a")).toEqual({ type: "text", text: "t: a" });
    void render("loop");
    const half = "x".repeat(40 * 2 ** 20);
    void render("t", half);
    await expect(render("t", half)).rejects.toMatchObject({ code: "BUSY" });
  });

  it("says so when no renderer can be started, and does not try for ever", async () => {
    let starts = 0;
    const none = Promise.resolve();
    const start = (): JinjaProcess => {
      starts++;
      const render = async (): Promise<Rendering> => ({ type: "lost", how: "EAGAIN", isMemory: false });
      return { pid: undefined, ready: none.then(() => false), render, kill: () => undefined, ended: none };
    };
    const { render } = poolOf({ start });
    const all = [render("t"), render("t")];
    for (const one of all) await expect(one).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
    expect(starts).toBe(1);
  });

  it("ends a renderer that has had nothing to do", async () => {
    const { pool, render } = poolOf({ idleMs: 40 });
    await render("t");
    expect(pool.pids).toEqual([1]);
    await expect.poll(() => pool.pids).toEqual([]);
    await render("t");
    expect(pool.pids).toEqual([2]);
  });
});
