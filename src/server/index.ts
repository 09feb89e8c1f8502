// The OpenAI-compatible server: protocols in, answers out, and what an operator needs to see.
// Not here: how an answer is made (answer/), which models there are (fleet/), which one answers (route/).
// Start at server-context.ts, then create-app.ts; dispatch/ is the way from a request to a stream of events.

export type { Dispatch, Dispatched, DispatchRequest } from "./dispatch/dispatch.ts";
export type { ServerContext } from "./server-context.ts";
