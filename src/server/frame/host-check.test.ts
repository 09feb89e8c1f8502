import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostName, isLoopback } from "./host-check.ts";
import { parseOrigin } from "./origin-check.ts";

describe("hostName", () => {
  it("leaves the port out, whatever it is", () => {
    fc.assert(
      fc.property(fc.domain(), fc.option(fc.integer({ min: 1, max: 65_535 })), (name, port) => {
        expect(hostName(port === null ? name : `${name}:${port}`)).toBe(name.toLowerCase());
      }),
    );
    expect(hostName("[::1]:80")).toBe("::1");
  });

  it("takes nothing that is more than a name", () => {
    for (const bad of [
      "",
      "a b",
      "localhost@evil",
      "localhost/evil",
      "localhost:1:2",
      "localhost:",
      "[::1",
      "a\\b",
    ])
      expect(hostName(bad), bad).toBeUndefined();
  });
});

describe("isLoopback", () => {
  it("is true of this machine alone", () => {
    for (const own of ["localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "::1", "[::1]"])
      expect(isLoopback(own), own).toBe(true);
    const others = [
      "0.0.0.0",
      "::",
      "192.168.0.1",
      "127.0.0.1.nip.io",
      "127.1",
      "localhost.",
      "a.localhost",
      "",
    ];
    for (const other of others) expect(isLoopback(other), other).toBe(false);
  });

  it("is false of every public name", () => {
    fc.assert(fc.property(fc.domain(), (name) => !isLoopback(name)));
  });
});

describe("parseOrigin", () => {
  it("takes what browsers send", () => {
    for (const origin of ["http://localhost:3000", "https://page.example", "http://[::1]:8080"])
      expect(parseOrigin(origin)).toBe(origin);
    expect(parseOrigin("HTTP://Localhost:3000/")).toBe("http://localhost:3000");
  });

  it("takes no patterns, paths or other schemes", () => {
    for (const bad of ["*", "null", "localhost:3000", "http://a/b", "file:///x", "http://*", "http://a?b"])
      expect(() => parseOrigin(bad), bad).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
