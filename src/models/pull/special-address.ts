/**
 * Addresses that a redirect from the open internet must not lead to: this machine, the local network, the
 * metadata services of clouds. Taken from the IANA registries of special-purpose addresses
 * (iana.org/assignments/iana-ipv4-special-registry and …-ipv6-special-registry).
 */

import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { AppError } from "../../errors.ts";

const IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

// ::/96 holds the unspecified address, loopback and the old IPv4-compatible form; 2001::/23 holds Teredo, and
// 2002::/16 is 6to4: both carry an IPv4 address inside and are out of use.
const IPV6: readonly (readonly [string, number])[] = [
  ["::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const special = new BlockList();
for (const [network, bits] of IPV6) special.addSubnet(network, bits, "ipv6");
for (const [network, bits] of IPV4) {
  special.addSubnet(network, bits, "ipv4"); // Node applies these to ::ffff:a.b.c.d as well.
  // RFC 6052: networks without IPv4 reach every IPv4 address under this prefix, so the prefix itself is fine.
  special.addSubnet(`64:ff9b::${network}`, 96 + bits, "ipv6");
}

/** Whether an IP address is private, loopback, link-local or otherwise not of the open internet. */
export function isSpecialAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || special.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** The IP address that a URL's host is written as; undefined for a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? undefined : host;
}

/** Refusal of an address; not retried. */
export function specialAddressError(host: string, address: string): AppError {
  return new AppError(
    "DATA_UNAVAILABLE",
    `The server leads to ${host}, which is ${address}: an address of this machine or of a local network.`,
    { hint: `If that host is meant, add --allow-host ${host}`, details: { host, address } },
  );
}

/**
 * A `lookup` for node:http that refuses names with a special address. It is asked at the moment of connecting,
 * so the address that was judged is the one connected to: a name cannot answer differently the second time.
 * @param host with its port, for the message
 */
export function openAddressLookup(host: string): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...(options as LookupOptions), all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, "");
      const wrong = found.find(({ address }) => isSpecialAddress(address));
      if (wrong) return callback(specialAddressError(host, wrong.address), "");
      const first = found[0]!;
      if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}
