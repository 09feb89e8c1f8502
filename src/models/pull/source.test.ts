import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../catalogue/catalogue.ts";
import { parseSource } from "./source.ts";

const hub = "https://huggingface.co";
const parse = (text: string, options = {}) => parseSource(text, { hubEndpoint: hub, ...options });
const addresses = (text: string, options = {}) => parse(text, options).files.map(({ url }) => url.href);

describe("a source is", () => {
  it("a name of the catalogue, with what it knows of size and hash", () => {
    const { name, files } = parse("TinyLlama-1.1b-chat");
    expect(name).toBe("tinyllama-1.1b-chat-q4_k_m");
    expect(files[0]?.url.href).toMatch(
      `${hub}/TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF/resolve/main/tinyllama`,
    );
    expect(files[0]).toMatchObject({ sizeBytes: 668_788_096, sha256: expect.stringMatching(/^9fecc3b3/) });
  });

  it("a name of the user's, at its addresses, whose host is not trusted for that", () => {
    const mine = (urls: string[]) => ({
      ...{ ...CATALOGUE[0]!, name: "mine", bundled: undefined, repo: undefined, urls },
      files: [{ path: "m.gguf", sizeBytes: undefined }],
    });
    const plain = parse("mine", { userEntries: [mine(["https://10.0.0.1/x/m.gguf"])] });
    expect(plain).toMatchObject({ hostIsTyped: false, hub: undefined, files: [{ fileName: "m.gguf" }] });
    const onHub = parse("mine", { userEntries: [mine([`${hub}/owner/repo/resolve/v2/Q8/m.gguf`])] });
    expect(onHub).toMatchObject({
      hostIsTyped: true,
      hub: { repo: "owner/repo", revision: "v2", paths: ["Q8/m.gguf"] },
    });
    expect(onHub.files[0]?.url.href).toBe(`${hub}/owner/repo/resolve/v2/Q8/m.gguf`);
  });

  it("a file of a repository, at a revision", () => {
    const base = `${hub}/owner/repo/resolve`;
    expect(addresses("hf:owner/repo/model.gguf")).toEqual([`${base}/main/model.gguf`]);
    expect(addresses("hf:owner/repo/a b/model.gguf@refs/pr/1")).toEqual([
      `${base}/refs%2Fpr%2F1/a%20b/model.gguf`,
    ]);
    expect(addresses("hf:owner/repo/model.gguf", { revision: "v2" })).toEqual([`${base}/v2/model.gguf`]);
    expect(addresses("hf:owner/repo/x.gguf", { hubEndpoint: "https://mirror.example/hf/" })).toEqual([
      "https://mirror.example/hf/owner/repo/resolve/main/x.gguf",
    ]);
  });

  it("all shards, whichever is named", () => {
    const { name, files } = parse("hf:owner/repo/Q8/m-00002-of-00003.gguf");
    expect(name).toBe("m");
    expect(files.map(({ fileName }) => fileName)).toEqual([1, 2, 3].map((n) => `m-0000${n}-of-00003.gguf`));
    expect(addresses("https://example.org/m-00001-of-00002.gguf?key=1")).toEqual([
      "https://example.org/m-00001-of-00002.gguf?key=1",
      "https://example.org/m-00002-of-00002.gguf?key=1",
    ]);
  });

  it("an address, also that of the hub's page", () => {
    expect(parse("https://example.org/dir/My%20model.gguf?download=1").files[0]?.fileName).toBe(
      "My model.gguf",
    );
    const page = parse(`${hub}/owner/repo/blob/main/model.gguf`);
    expect(page.hub).toMatchObject({ repo: "owner/repo", revision: "main", paths: ["model.gguf"] });
    expect(page.files[0]?.url.href).toBe(`${hub}/owner/repo/resolve/main/model.gguf`);
  });
});

it.each([
  ["mixtral-8x7b-instrct", "Did you mean mixtral-8x7b-instruct?"],
  ["owner/repo/model.gguf", "For a file on the hub write hf:owner/repo/model.gguf"],
  ["hf:repo", "Write hf:owner/repository/file.gguf."],
  ["hf:../../etc/passwd.gguf", "Write hf:owner/repository/file.gguf."],
  ["hf:owner/repo/../../x.gguf", "Write hf:owner/repository/file.gguf."],
  ["lab-moe", "Try `assay ask -m lab-moe`."],
  ["https://user:secret@example.org/m.gguf", "Leave it out; for the hub set HF_TOKEN."],
  ["https://example.org/model.bin", "Name a file that ends in .gguf."],
  ["hf:o/r/x\u001b[2J.gguf", "Ask for another file."],
  ["https://example.org/%2e%2e%2fx%00.gguf", "Ask for another file."],
  ["https://example.org/.hidden.gguf", "Ask for another file."],
  ["https://example.org/a%5Cb.gguf", "Ask for another file."],
])("refuses %s", (text, hint) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: "USAGE", hint }));
});

it("refuses an address whose % means nothing, and two revisions", () => {
  expect(() => parse("https://example.org/100%.gguf")).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => parse("hf:o/r/m.gguf@a", { revision: "b" })).toThrow(
    expect.objectContaining({ code: "USAGE" }),
  );
});
