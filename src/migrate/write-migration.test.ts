import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOldSettings } from "./find-old-settings.ts";
import { planMigration } from "./plan-migration.ts";
import { writeMigration } from "./write-migration.ts";

const OLD = 'DEFAULT_CONTEXT_LENGTH = 2048\nM = "local-tinyllama-1.1b-chat"\n';
const NEW = 'DEFAULT_CONTEXT_LENGTH = 4096\nM = "local-mixtral-8x7b-instruct"\n';
const NOW = new Date("2026-01-02T03:04:05.678Z");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-migrate-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (path: string, content: string | Uint8Array) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const read = (path: string) => readFileSync(join(folder, path), "utf8");

describe("planMigration", () => {
  it("skips tools' folders, links, binaries, large files and other encodings, and tells", () => {
    for (const path of [".git/a.py", "node_modules/a.py", "my-env/a.py", "pkg/a.py", "__pycache__/a.py"])
      put(path, OLD);
    put("my-env/pyvenv.cfg", "");
    put("binary.py", Uint8Array.of(0x61, 0, 0x62));
    put("latin.py", Buffer.concat([Buffer.from(OLD), Uint8Array.of(0x23, 0xe4)]));
    put("utf16.json", Buffer.from(`\ufeff"local-tinyllama-1.1b-chat"`, "utf16le"));
    put("large.json", `"${"x".repeat(2 * 2 ** 20)}"`);
    put(".cache/41/cache.db", "x");
    symlinkSync(join(folder, "pkg"), join(folder, "link"));
    symlinkSync("/etc/hosts", join(folder, "hosts.py"));
    const plan = planMigration(folder);
    expect(plan.files.map(({ path }) => path)).toEqual(["pkg/a.py"]);
    expect(plan.skipped).toEqual({
      folders: 5,
      links: 2,
      binary: 1,
      tooLarge: ["large.json"],
      notUtf8: ["latin.py", "utf16.json"],
      unreadable: [],
    });
    expect(plan.warnings.map(({ id }) => id)).toEqual(["autogen-cache", "encoding", "too-large"]);
    expect(plan.warnings[0]!.places).toEqual([{ path: ".cache/41" }]);
  });

  it("takes one file, and says what is none", () => {
    put("a.py", OLD);
    expect(planMigration(join(folder, "a.py")).files).toHaveLength(1);
    expect(() => planMigration(join(folder, "none"))).toThrow(
      expect.objectContaining({ code: "DATA_UNAVAILABLE" }),
    );
  });

  it("gives rows to whoever checks a project", () => {
    put("a.py", OLD);
    expect(findOldSettings(folder)).toEqual([
      { file: "a.py", line: 1, what: expect.any(String), value: "2048", newValue: "4096" },
      {
        file: "a.py",
        line: 2,
        what: "model id",
        value: "local-tinyllama-1.1b-chat",
        newValue: "local-mixtral-8x7b-instruct",
      },
    ]);
  });
});

describe("writeMigration", () => {
  it("keeps the old files, their modes and what git ignores out of git", () => {
    put("pkg/a.py", OLD);
    put(".env", "DEFAULT_CONTEXT_LENGTH=2048\nKEY=secret");
    chmodSync(join(folder, ".env"), 0o600);
    chmodSync(join(folder, "pkg/a.py"), 0o755);
    const outcome = writeMigration(planMigration(folder), NOW);
    expect(outcome).toEqual({
      backup: ".assay-backup/20260102T030405Z",
      written: [".env", "pkg/a.py"],
      left: [],
    });
    expect(read("pkg/a.py")).toBe(NEW);
    expect(read(`${outcome.backup}/pkg/a.py`)).toBe(OLD);
    for (const path of [".env", `${outcome.backup}/.env`])
      expect(statSync(join(folder, path)).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "pkg/a.py")).mode & 0o777).toBe(0o755);
    expect(read(".assay-backup/.gitignore")).toBe("*\n");
    expect(planMigration(folder).files).toEqual([]);
    expect(readdirSync(join(folder, "pkg"))).toEqual(["a.py"]);
  });

  it("leaves a file that changed meanwhile, is gone, became a link or is read-only, and writes the others", () => {
    for (const name of ["a.py", "b.py", "c.py", "d.py", "e.py"]) put(name, OLD);
    const plan = planMigration(folder);
    put("a.py", `${OLD}# mine\n`);
    rmSync(join(folder, "b.py"));
    rmSync(join(folder, "c.py"));
    put("target.txt", OLD);
    symlinkSync(join(folder, "target.txt"), join(folder, "c.py"));
    chmodSync(join(folder, "d.py"), 0o444);
    const { written, left } = writeMigration(plan, NOW);
    expect(written).toEqual(["e.py"]);
    expect(left.map(({ path }) => path)).toEqual(["a.py", "b.py", "c.py", "d.py"]);
    expect(read("a.py")).toBe(`${OLD}# mine\n`);
    expect(read("target.txt")).toBe(OLD);
    expect(read("d.py")).toBe(OLD);
  });

  it("never writes over an earlier backup", () => {
    put("a.py", OLD);
    const first = writeMigration(planMigration(folder), NOW);
    put("a.py", `${OLD}# later\n`);
    const second = writeMigration(planMigration(folder), NOW);
    expect(second.backup).not.toBe(first.backup);
    expect(read(`${first.backup}/a.py`)).toBe(OLD);
    expect(read(`${second.backup}/a.py`)).toBe(`${OLD}# later\n`);
  });

  it("does not write through a backup folder that is a link", () => {
    put("a.py", OLD);
    const elsewhere = mkdtempSync(join(tmpdir(), "assay-migrate-"));
    symlinkSync(elsewhere, join(folder, ".assay-backup"));
    expect(() => writeMigration(planMigration(folder), NOW)).toThrow(
      expect.objectContaining({ code: "DATA_UNAVAILABLE" }),
    );
    expect(read("a.py")).toBe(OLD);
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  it("removes what a killed run left beside a file", () => {
    put("a.py", OLD);
    put("a.py.4242.assay-tmp", "half");
    writeMigration(planMigration(folder), NOW);
    expect(existsSync(join(folder, "a.py.4242.assay-tmp"))).toBe(false);
  });
});
