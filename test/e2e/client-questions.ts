/** What the three real clients ask alike, and what the server says of itself while they do. */

import { z } from "zod";
import type { ServeProcess } from "./serve-process.ts";

export const MODEL = "lab-moe";
export const SERVE = [MODEL, "--threads", "1"] as const;

/** A sum that the model has learnt: its greedy answer does not hang on the last bit. */
export const SUM = { prompt: "2 + 3 =", answer: "5" } as const;

/** Closed schemas: a small model goes on and on in a string without an end. */
export const Opinion = z.object({ view: z.enum(["up", "down"]), conviction: z.int().min(0).max(9) });
export const City = z.object({ city: z.enum(["Rome", "Oslo"]) });
export const sunIn = ({ city }: z.infer<typeof City>) => `sun in ${city}`;

/** More tokens than the model's context of 2,048. */
export const OVERLONG = "The sea and the sun. ".repeat(600);

/** Goes on until it is stopped: the end-of-answer token is out of reach. */
export const ENDLESS = { tokens: 1_900, logit_bias: { "2": -100 } } as const;

/** Of lab-moe, as metrics and the list of models have them. */
export async function atWork({ url }: ServeProcess): Promise<{ active: number; leases: number }> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const list = (await (await fetch(`${url}/v1/models/${MODEL}`)).json()) as { assay: { leases: number } };
  const active = /assay_requests_active\{model="lab-moe"\} (\d+)/.exec(metrics)?.[1];
  return { active: Number(active), leases: list.assay.leases };
}

export const IDLE = { active: 0, leases: 0 } as const;

/** What was thrown; the test fails where nothing was. */
export async function thrownBy(work: () => PromiseLike<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await work();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("nothing was thrown");
}
