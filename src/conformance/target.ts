/** Where the server is: the address that its users write, made into the two that are asked. */

import { AppError } from "../errors.ts";

export interface ServerTarget {
  /** Ends in /v1: what clients call base_url. */
  readonly base: string;
  /** The same without /v1, where a user forgot it. */
  readonly root: string;
}

/**
 * Reads an address; "/v1" is added where it lacks and a whole "/v1/chat/completions" is cut back.
 * @throws USAGE for what is no http(s) address, or holds a password: it would be seen in the list of processes
 */
export function readTarget(text: string): ServerTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new AppError("USAGE", "The server's address has to begin with http:// or https://.", {
      hint: "For instance http://127.0.0.1:8080/v1.",
    });
  if (url.username !== "" || url.password !== "")
    throw new AppError("USAGE", "The address holds a user or password.", {
      hint: "Put the key into a file and give it with --api-key-file.",
    });
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v1\/.*$/, "/v1");
  const root = `${url.origin}${path.replace(/\/v1$/, "")}`;
  return { base: `${root}/v1`, root };
}
