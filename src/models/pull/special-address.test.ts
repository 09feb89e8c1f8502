import fc from "fast-check";
import { expect, it } from "vitest";
import { isSpecialAddress, literalAddress, openAddressLookup } from "./special-address.ts";

it.each([
  ...[
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
  ],
  ...["100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.0.192"],
  ...[
    "::",
    "::1",
    "fe80::1",
    "fd00:ec2::254",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "::7f00:1",
  ],
  ...["::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::192.168.0.1", "no address", ""],
])("%s is not of the open internet", (address) => {
  expect(isSpecialAddress(address)).toBe(true);
});

it.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])(
  "%s is",
  (address) => {
    expect(isSpecialAddress(address)).toBe(false);
  },
);

it("sees a private IPv4 address in each of its IPv6 forms", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const address = `${a}.${b}.${c}.${d}`;
      const plain = isSpecialAddress(address);
      expect(isSpecialAddress(`::ffff:${address}`)).toBe(plain);
      expect(isSpecialAddress(`64:ff9b::${address}`)).toBe(plain);
    }),
  );
});

it.each([
  ["http://0x7f.1/", "127.0.0.1"],
  ["http://2130706433/", "127.0.0.1"],
  ["http://017700000001/", "127.0.0.1"],
  ["http://[::ffff:7f00:1]/", "::ffff:7f00:1"],
  ["http://localhost/", undefined],
])("reads the address of %s however it is written", (url, address) => {
  expect(literalAddress(new URL(url))).toBe(address);
});

it.each([true, false])(
  "refuses a name that stands for this machine when it is looked up (all: %s)",
  async (all) => {
    const refusal = new Promise((resolve) =>
      openAddressLookup("localhost:80")("localhost", { all }, resolve),
    );
    expect(await refusal).toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining("localhost"),
    });
  },
);
