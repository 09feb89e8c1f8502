import { expect, it } from "vitest";
import { assertAllowed, redirectTarget } from "./address-rules.ts";

const rules = { trustedHosts: ["nas.example:8080", "10.0.0.5"] };
const leads = (from: string, to: string, more = {}) =>
  assertAllowed(redirectTarget(new URL(from), to), { ...rules, ...more }, new URL(from));

it.each([
  ["https://hub.example/a", "https://storage.example/b"],
  ["https://hub.example/a", "/b"],
  ["https://nas.example:8080/a", "https://10.0.0.5/b"],
  ["http://127.0.0.1/a", "https://storage.example/b"],
])("%s may lead to %s", (from, to) => {
  expect(() => leads(from, to)).not.toThrow();
});

it.each([
  ["https://hub.example/a", "http://storage.example/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "http://127.0.0.1/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://127.0.0.1/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://[::ffff:10.0.0.1]/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://0x7f000001/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://169.254.169.254/latest/meta-data", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://10.0.0.5:22/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "file:///etc/passwd", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://user:secret@storage.example/b", "DATA_UNAVAILABLE"],
  ["https://hub.example/a", "https://", "DATA_UNAVAILABLE"],
  ["http://127.0.0.1/a", "http://storage.example/b", "USAGE"],
])("%s may not lead to %s", (from, to, code) => {
  expect(() => leads(from, to)).toThrow(expect.objectContaining({ code }));
});

it("asks other machines over plain http only when that was allowed", () => {
  const url = new URL("http://mirror.example/m.gguf");
  expect(() => assertAllowed(url, rules)).toThrow(
    expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("--allow-http") }),
  );
  expect(() => assertAllowed(url, { ...rules, allowHttp: true })).not.toThrow();
  // A plain-http host of the local network has to be named as well.
  expect(() => assertAllowed(new URL("http://192.168.1.2/m.gguf"), { ...rules, allowHttp: true })).toThrow();
});
