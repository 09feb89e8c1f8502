/** Bytes over a socket, for what no HTTP client would send. */

import { connect } from "node:net";

/**
 * Sends bytes and gives all that comes back until the server hangs up, or until we do.
 * @param holdMs hangs up after so long; without it the server has to
 */
export function rawRequest(url: string, bytes: string, holdMs?: number): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let reply = "";
    const timer = holdMs === undefined ? undefined : setTimeout(() => socket.destroy(), holdMs);
    socket.setEncoding("utf8").on("data", (text: string) => (reply += text));
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(reply);
    });
    // A server that has refused the rest of a body may reset the connection behind its reply.
    socket.on("error", (error: NodeJS.ErrnoException) =>
      reply !== "" || error.code === "EPIPE" ? socket.destroy() : reject(error),
    );
  });
}

/** The head of a POST to the chat endpoint. */
export function chatHead(length: number): string {
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}
