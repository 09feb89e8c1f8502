import { expect, it } from "vitest";
import { fakeEntry } from "../../test/support/fake-fleet.ts";
import { checkEntries } from "./check-entries.ts";

it("takes names that can be told apart, whatever their case", () => {
  checkEntries([fakeEntry("a", { aliases: ["b", "hub/Mixtral-8x7B@v0.1"] }), fakeEntry("A"), fakeEntry("c")]);
});

it.each([
  [[fakeEntry("a"), fakeEntry("a", { path: "/b.gguf" })], /a is given twice: .*\/a\.gguf.*\/b\.gguf/],
  [[fakeEntry("a", { aliases: ["x"] }), fakeEntry("b", { aliases: ["x"] })], /x .*alias of a .*alias of b/],
  [[fakeEntry("a", { aliases: ["b"] }), fakeEntry("b")], /b .*alias of a .*model \/models\/b\.gguf/],
  [[fakeEntry("a", { aliases: ["a"] })], /a is given twice/],
  [[fakeEntry("auto")], /"auto" cannot be the model/],
  [[fakeEntry("a", { aliases: ["auto"] })], /"auto" cannot be an alias of a/],
  [[fakeEntry("")], /"" cannot be a model's name/],
  [[fakeEntry("a b")], /"a b" cannot/],
  [[fakeEntry("a\r\nSet-Cookie: x")], /"a\\r\\nSet-Cookie: x" cannot/],
  [[fakeEntry("é")], /cannot/],
  [[fakeEntry("a".repeat(129))], /cannot/],
  [[], /No model/],
])("refuses %#", (entries, message) => {
  expect(() => checkEntries(entries)).toThrow(
    expect.objectContaining({ code: "CONFIG", message: expect.stringMatching(message) }),
  );
});
