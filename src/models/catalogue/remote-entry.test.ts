import { expect, it } from "vitest";
import { parseSource } from "../pull/source.ts";
import { entryOfAddress } from "./remote-entry.ts";

const OPTIONS = { hubEndpoint: "https://huggingface.co" };
const entryOf = (text: string) => entryOfAddress("mine", parseSource(text, OPTIONS));

it("keeps a file of the hub as repository and path, with all shards", () => {
  expect(entryOf("hf:a/b/Q4/x-Q4_K_M-00001-of-00002.gguf")).toMatchObject({
    repo: "a/b",
    files: [{ path: "Q4/x-Q4_K_M-00001-of-00002.gguf" }, { path: "Q4/x-Q4_K_M-00002-of-00002.gguf" }],
    quantisation: "Q4_K_M",
  });
});

it("keeps a revision as part of the address", () => {
  const { repo, urls } = entryOf("hf:a/b/x.gguf@v2");
  expect(repo).toBeUndefined();
  expect(urls).toEqual(["https://huggingface.co/a/b/resolve/v2/x.gguf"]);
});

it.each([
  ["https://host/Mixtral-8x7B.Q5_K_M.gguf", "Q5_K_M"],
  ["https://host/x-IQ3_XS.gguf", "IQ3_XS"],
  ["https://host/x.bf16.gguf", "BF16"],
  ["https://host/plain.gguf", "unknown"],
])("reads the quantisation off the name of %s", (url, quantisation) => {
  expect(entryOf(url)).toMatchObject({ urls: [url], quantisation });
});
