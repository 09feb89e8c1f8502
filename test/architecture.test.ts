// The rules of ARCHITECTURE.md that a machine can check. A new arrow is added here and there, or not at all.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src");

/** Rooms and root files, and what each may import. Packages are checked apart. */
const BASE = [
  "errors",
  "events",
  "logger",
  "make-folder",
  "process-identity",
  "random",
  "suggest",
  "system-file",
  "visible-token",
  "wasm-kernel",
];
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(BASE.map((name) => [name, []])),
  "process-identity": ["system-file"],
  "config-schema": BASE,
  config: [...BASE, "config-schema"],
  store: BASE,
  llama: BASE,
  migrate: BASE,
  models: [...BASE, "llama"],
  engine: [...BASE, "config", "llama", "models"],
  answer: [...BASE, "engine", "models"],
  fleet: [...BASE, "engine", "models"],
  route: [...BASE, "engine", "models"],
  glitch: [...BASE, "engine", "models", "store"],
  measure: [...BASE, "engine", "models", "glitch", "route", "store"],
  // A client of any server: it knows the protocol, not how ours is made.
  conformance: BASE,
  server: [...BASE, "answer", "config", "engine", "fleet", "glitch", "models", "route", "store"],
  // Result types only; a test below sees to the "only".
  report: [...BASE, "glitch", "engine", "measure", "route"],
  testing: [...BASE, "llama", "models", "engine", "glitch", "store"],
  cli: ["*"],
  index: ["*"],
};

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.replaceAll("\\", "/"));
const productFiles = files.filter((file) => !file.endsWith(".test.ts"));

const text = (file: string) => readFileSync(join(source, file), "utf8");
const code = (file: string) => text(file).replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, "");
const room = (file: string) => file.split("/")[0]!.replace(/\.ts$/, "");

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const statements = text(file).matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g,
  );
  return [...statements].map(([, type, plain, dynamic]) => ({
    from: file,
    to: (plain ?? dynamic)!,
    typeOnly: type !== undefined,
  }));
}

const inside = (found: Import) =>
  relative(source, resolve(source, dirname(found.from), found.to)).replaceAll("\\", "/");

describe("the rooms", () => {
  it("import only along the arrows", () => {
    const wrong = productFiles.flatMap((file) => {
      const allowed = ARROWS[room(file)];
      if (!allowed) return [`${file}: a room that ARCHITECTURE.md does not know`];
      return importsOf(file)
        .filter(({ to }) => to.startsWith("."))
        .map((found) => ({ found, target: room(inside(found)) }))
        .filter(({ target }) => target !== room(file) && !allowed.includes(target) && !allowed.includes("*"))
        .map(({ found, target }) => `${file} imports ${target} (${found.to})`);
    });
    expect(wrong).toEqual([]);
  });

  it("enter each other through the front door", () => {
    // testing/ writes the files that models/ reads, with the parts that models/ keeps to itself.
    const wrong = productFiles.flatMap((file) =>
      importsOf(file)
        .filter(({ to }) => to.startsWith(".") && room(file) !== "testing")
        .map((found) => ({ target: inside(found) }))
        .filter(
          ({ target }) =>
            target.includes("/") && room(target) !== room(file) && !target.endsWith("/index.ts"),
        )
        .map(({ target }) => `${file} reaches into ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("report knows other rooms by their types alone", () => {
    const wrong = productFiles
      .filter((file) => room(file) === "report")
      .flatMap(importsOf)
      .filter(
        (found) =>
          found.to.startsWith(".") &&
          ["glitch", "engine", "measure", "route"].includes(room(inside(found))) &&
          !found.typeOnly,
      );
    expect(wrong).toEqual([]);
  });

  it("each open with three lines that say what lives there, what does not, and where to start", () => {
    const doors = productFiles.filter((file) => /^[a-z]+\/index\.ts$/.test(file));
    expect(doors.length).toBeGreaterThan(5);
    for (const door of doors)
      expect(text(door), door).toMatch(/^\/\/ .+\n\/\/ Not here: .+\n\/\/ Start .+\n/);
  });
});

describe("the code", () => {
  it("keeps files small", () => {
    const long = productFiles.filter((file) => text(file).split("\n").length > 300);
    expect(long).toEqual([]);
  });

  it("touches koffi in llama/ and SQLite in store/ only", () => {
    const users = (name: string) => [
      ...new Set(
        productFiles
          .flatMap(importsOf)
          .filter(({ to }) => to === name || to.startsWith(`${name}/`))
          .map(({ from }) => room(from)),
      ),
    ];
    expect(users("koffi")).toEqual(["llama"]);
    expect(users("@libsql/client")).toEqual(["store"]);
  });

  it("calls out in models/pull, conformance and measure/serving, listens in server/listen.ts, and loads the hub's package when something is pulled", () => {
    const mayUse = /^(models\/pull|conformance|measure\/serving)\/|^server\/listen\.ts$/;
    const network = /^(node:)?(https?|http2|net|dns|tls|dgram)(\/|$)|^@huggingface\/hub$|^undici$/;
    const users = productFiles.filter((file) => importsOf(file).some(({ to }) => network.test(to)));
    expect(users.filter((file) => !mayUse.test(file))).toEqual([]);
    expect(productFiles.filter((file) => /[^.\w]fetch\(/.test(code(file)) && !mayUse.test(file))).toEqual([]);
    expect(productFiles.filter((file) => /from "@huggingface\/hub"/.test(text(file)))).toEqual([]);
  });

  it("leaves the terminal and the exit status to cli/ and processes of our own, and the environment to config.ts", () => {
    const using = (pattern: RegExp, allowed: RegExp) =>
      productFiles.filter((file) => !allowed.test(file) && pattern.test(code(file)));
    expect(
      using(
        /process\.(exit|exitCode|argv|stdout|stdin)\b|console\.(log|error|warn)/,
        /^((cli|engine\/runner)\/|models\/chat\/render-jinja-program\.ts$)/,
      ),
    ).toEqual([]);
    expect(using(/process\.env/, /^config\.ts$/)).toEqual([]);
  });

  it("reads the known truth to score, and for nothing else", () => {
    const readers = productFiles.filter((file) => /truth\.json/.test(code(file)));
    expect(readers.filter((file) => !/^(glitch\/score-truth|cli\/)/.test(file))).toEqual([]);
    const scorers = productFiles.filter((file) =>
      importsOf(file).some(({ to, typeOnly }) => !typeOnly && /score-truth/.test(to)),
    );
    expect(scorers.filter((file) => file !== "glitch/index.ts")).toEqual([]);
  });
});
