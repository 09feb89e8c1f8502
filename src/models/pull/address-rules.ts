/** Which addresses may be asked, and which redirects are followed. */

import { AppError } from "../../errors.ts";
import { isSpecialAddress, literalAddress, specialAddressError } from "./special-address.ts";

export interface AddressRules {
  /** Hosts, with their ports, that may have any address: those that the user named. */
  readonly trustedHosts: readonly string[];
  /** Plain http also to other machines. @default false */
  readonly allowHttp?: boolean | undefined;
}

/** Where a redirect leads. @throws AppError DATA_UNAVAILABLE when that is no address */
export function redirectTarget(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw refused(from, "redirects to nowhere");
  return new URL(location, from);
}

/**
 * Whether an address may be asked. Names are judged later, when they are looked up.
 * @param from the redirecting address; undefined for one that was given or made from what was given
 * @throws AppError DATA_UNAVAILABLE for what a redirect must not do, USAGE for plain http to another machine
 */
export function assertAllowed(url: URL, { trustedHosts, allowHttp }: AddressRules, from?: URL): void {
  const address = literalAddress(url);
  if (from !== undefined) {
    if (url.protocol !== "https:" && url.protocol !== "http:")
      throw refused(from, `redirects to ${url.protocol}, which is not the web`);
    if (from.protocol === "https:" && url.protocol === "http:")
      throw refused(from, "redirects from https to plain http");
    if (url.username !== "" || url.password !== "") throw refused(from, "redirects to a URL with a password");
  }
  if (!trustedHosts.includes(url.host) && address !== undefined && isSpecialAddress(address))
    throw specialAddressError(url.host, address);
  if (url.protocol === "http:" && allowHttp !== true && !isLoopback(url)) {
    throw new AppError(
      "USAGE",
      `${url.host} would be asked over plain http, where anybody between can change the file.`,
      {
        hint: "Write https://, or add --allow-http.",
      },
    );
  }
}

function isLoopback(url: URL): boolean {
  return (
    url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname)
  );
}

/** A redirect that is not followed. */
export function refused(from: URL, what: string): AppError {
  return new AppError("DATA_UNAVAILABLE", `${from.host} ${what}; that is not followed.`, {
    hint: "Get the file's final URL from its page and give that.",
  });
}
