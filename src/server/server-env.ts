/** What the frame hands to every route beside the request, as Hono's context variables. */

import type { HttpBindings } from "@hono/node-server";

export interface ServerEnv {
  /** Node's own request and reply; absent where the app is called without a socket. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** The reply's x-request-id; goes into DispatchRequest.id, by which logs and metrics find the answer. */
    requestId: string;
    /** Who asks: the key's short digest, else the address. For fair turns and for names of sessions; not a secret. */
    client: string;
  };
}
