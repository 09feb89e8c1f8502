// Real renderers: what lives on between renderings, and what hostile templates cost.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { Template } from "@huggingface/jinja";
import { describe, expect, it } from "vitest";
import { renderJinja } from "./render-jinja.ts";
import { createJinjaPool, type JinjaPoolOptions } from "./render-jinja-pool.ts";

const LOOP = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
const doubled = (times: number) =>
  `{% set n = namespace(s='ab') %}{% for i in range(${times}) %}{% set n.s = n.s + n.s %}{% endfor %}`;
const BOMBS = {
  "an array that doubles":
    "{% set n = namespace(a=[1, 2]) %}{% for i in range(40) %}{% set n.a = n.a + n.a %}{% endfor %}",
  "one array": "{% for i in range(100000000) %}{% endfor %}",
  "one text": `${doubled(27)}{{ n.s | upper }}`,
};

/** A process that has ended and that nobody has asked about yet does not count. */
const isAlive = (pid: number) => {
  try {
    if (process.platform === "linux") return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A pool of its own with real processes. */
function poolOf(options: JinjaPoolOptions = {}) {
  const pool = createJinjaPool(options);
  const render = (template: string, values: object = {}, timeoutMs = 5_000) =>
    pool.render({ template, values: JSON.stringify(values), timeoutMs });
  return { pool, render };
}

const text = (it: string) => ({ type: "text", text: it });

describe("the renderer", () => {
  it("is one process for many renderings, and each gets its own text", async () => {
    const { pool, render } = poolOf();
    await render("");
    const { pids } = pool;
    for (let index = 0; index < 100; index++)
      expect(await render("<{{ a }}>", { a: index })).toEqual(text(`<${index}>`));
    const together = Array.from({ length: 100 }, (_, a) => render(a % 2 ? "<{{ a }}>" : "[{{ a }}]", { a }));
    for (const [index, one] of together.entries())
      expect(await one).toEqual(text(index % 2 ? `<${index}>` : `[${index}]`));
    // One of a hundred may be late on a machine that computes; the first renderer is there still.
    expect(pool.pids).toContain(pids[0]);
    expect(pids).toHaveLength(1);
  });

  it.each(Object.entries(BOMBS))(
    "ends with %s alone, and the next rendering gets another",
    async (_, bomb) => {
      const { pool, render } = poolOf();
      expect(await render("{{ a }}", { a: 1 })).toEqual(text("1"));
      const { pids } = pool;
      expect(await render(bomb, {}, 60_000)).toMatchObject({ type: "lost", isMemory: true });
      expect(await render("{{ a }}", { a: 2 })).toEqual(text("2"));
      expect(pool.pids).not.toEqual(pids);
    },
  );

  it("does not make others wait for a template that loops", async () => {
    const { render } = poolOf();
    await render("");
    let over = false;
    const looping = render(LOOP, {}, 4_000).finally(() => {
      over = true;
    });
    for (let index = 0; index < 20; index++)
      expect(await render("{{ a }}", { a: index })).toEqual(text(`${index}`));
    expect(over).toBe(false);
    expect(await looping).toEqual({ type: "late" });
  });

  it("ends a loop after its time, and goes on", async () => {
    await expect(renderJinja(LOOP, {}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("100 ms"),
      details: { limit: "time" },
    });
    expect(await renderJinja("{{ a }}", { a: 1 })).toBe("1");
  });

  it("is replaced unseen when something kills it between two renderings", async () => {
    const { pool, render } = poolOf();
    for (let index = 0; index < 3; index++) {
      expect(await render("{{ a }}", { a: index })).toEqual(text(`${index}`));
      process.kill(pool.pids[0]!, "SIGKILL");
    }
    expect(await render("{{ a }}", { a: 9 })).toEqual(text("9"));
  });

  it("gives no more text than a prompt may have, whatever it takes to make it", async () => {
    await expect(renderJinja(`${doubled(24)}{{ n.s }}`, {})).rejects.toMatchObject({
      message: expect.stringContaining("too long"),
      details: { limit: "text" },
    });
  });

  it("knows nothing of this process's environment", async () => {
    process.env.ASSAY_TEST_KEY = "not-for-templates";
    const { pool, render } = poolOf();
    await render("");
    if (process.platform !== "linux") return;
    expect(readFileSync(`/proc/${pool.pids[0]}/environ`, "utf8")).not.toContain("not-for-templates");
    delete process.env.ASSAY_TEST_KEY;
  });
});

describe("what one rendering leaves for the next", () => {
  // Each of them would show on the second rendering if it could.
  it.each([
    "{% set x = [] %}{{ x.append(1) }}{{ x | length }}",
    "{% macro f(list=[]) %}{{ list.append(1) }}{{ list | length }}{% endmacro %}{{ f() }}",
    "{% set n = namespace(count=0) %}{% set n.count = n.count + 1 %}{{ n.count }}{{ secret }}",
    "{% set secret = a %}{{ secret }}{% set namespace = 1 %}{% set range = 2 %}",
    "{{ kept }}{% set kept = a %}",
    "{% set d = {} %}{% set d.__proto__.kept = a %}{{ {}.kept }}",
    "{% set n = namespace() %}{% set n.__proto__ = {'kept': a} %}{{ ''.kept }}{{ n.kept }}",
    "{{ [].constructor.prototype.kept }}{{ ''.__proto__ }}{{ messages.constructor }}",
  ])("is nothing: %s", async (template) => {
    // Not so many processes at once.
    const idleMs = 500;
    const { render } = poolOf({ idleMs });
    const fresh = await poolOf({ idleMs }).render(template, { a: "b" });
    await render(template, { a: "private" });
    const again = await render(template, { a: "b" });
    expect(again).toEqual(fresh);
    expect(JSON.stringify(again)).not.toContain("private");
    expect(JSON.stringify(await render("{{ kept }}{{ secret }}{{ ''.kept }}"))).not.toContain("private");
  });

  it("does not change what templates mean: filters, macros, loops and dates as in the library itself", async () => {
    const values = {
      list: [3, 1, 2],
      people: [
        { name: "b", age: 2 },
        { name: "a", age: 1 },
      ],
      map: { k: "v", "<": [1, { x: null }] },
      text: " Hello World ",
    };
    const templates = [
      "{% macro row(x, y='z') %}{{ x }}-{{ y }}{% endmacro %}{{ row(1) }}{{ row(2, y=3) }}",
      "{% for p in people | sort(attribute='name') if p.age > 0 %}{{ loop.index }}{{ p.name }}{% else %}none{% endfor %}",
      "{{ list | sort | join(',') }}{{ list | first }}{{ list | last }}{{ list[::-1] }}{{ list | map('string') | join }}",
      "{{ map | tojson }}{{ map | tojson(indent=2) }}{% for k, v in map.items() %}{{ k }}{{ v }}{% endfor %}",
      "{{ text.strip().split(' ') | length }}{{ text | trim | upper | replace('L', 'x') }}{{ text.startswith(' ') }}",
      "{{ people | selectattr('age', 'equalto', 1) | list | length }}{{ people | map(attribute='name') | join }}",
      "{{ missing | default('d') }}{{ 7 // 2 }}{{ 7 % 4 }}{{ 'a' ~ 1 }}{{ 'x' in text }}{{ list is iterable }}",
      "{% set n = namespace(a=1) %}{% for i in range(3) %}{% set n.a = n.a * 2 %}{% endfor %}{{ n.a }}{{ strftime_now('%Y') }}",
      "{% filter upper %}{% call(x) row2(1) %}{{ x }}{% endcall %}{% endfilter %}",
      "{{ raise_exception('no such role') }}",
    ];
    const { render } = poolOf();
    for (const template of templates) {
      const plain = () => {
        try {
          return text(new Template(template).render(structuredClone(values)));
        } catch (error) {
          return { type: "refused", message: (error as Error).message };
        }
      };
      for (let time = 0; time < 2; time++) expect(await render(template, values), template).toEqual(plain());
    }
  });
});

describe("the process that asks", () => {
  const start = (code: string) => {
    const room = new URL("./render-jinja-pool.ts", import.meta.url).href;
    const script = `
      import { createJinjaPool } from ${JSON.stringify(room)};
      const pool = createJinjaPool();
      const render = (template, timeoutMs) => pool.render({ template, values: "{}", timeoutMs });
      console.log((await render("hello", 5_000)).text, pool.pids[0]);
      ${code}
    `;
    const flags = ["--import", "tsx", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
    const said = once(createInterface(child.stdout), "line").then(([line]) => Number(line.split(" ")[1]));
    return { child, said, ended: once(child, "exit") };
  };

  it("ends when it has nothing else to do, and its renderer with it", async () => {
    // An idle renderer would hold it for a minute.
    const { said, ended } = start("");
    const pid = await said;
    expect(await ended).toEqual([0, null]);
    await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
  }, 30_000);

  it("takes its renderer with it when it is killed, in the middle of a loop too", async () => {
    for (const code of [
      "setTimeout(() => {}, 60_000);",
      `void render(${JSON.stringify(LOOP)}, 1_000); console.log("looping");`,
    ]) {
      const { child, said, ended } = start(code);
      const pid = await said;
      expect(isAlive(pid)).toBe(true);
      await pause(300);
      child.kill("SIGKILL");
      await ended;
      await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
    }
  }, 60_000);
});
