import { expect, test } from "vitest";
import { koffi, loadKoffi } from "./koffi.ts";

test("is koffi", () => {
  expect(koffi.sizeof("int32_t")).toBe(4);
});

test("whose missing native part is an error with a hint", () => {
  const missing = () => {
    throw new Error("Cannot find the native Koffi module; did you bundle it correctly?");
  };
  expect(() => loadKoffi(missing)).toThrow(
    expect.objectContaining({ code: "LIBRARY", hint: expect.stringContaining("npm ci --include=optional") }),
  );
});
