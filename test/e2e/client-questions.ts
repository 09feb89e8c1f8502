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

/** Of lab-moe: requests in work and in the queue, by its metrics, and those that hold it, by the list of models. */
export async function atWork({ url }: ServeProcess): Promise<typeof IDLE> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const gauge = (name: string) =>
    Number(new RegExp(`^assay_requests_${name}\\{model="${MODEL}"\\} (\\d+)$`, "m").exec(metrics)?.[1]);
  const { assay } = (await (await fetch(`${url}/v1/models/${MODEL}`)).json()) as {
    assay: { leases: number };
  };
  return { active: gauge("active"), waiting: gauge("waiting"), leases: assay.leases };
}

export const IDLE = { active: 0, waiting: 0, leases: 0 };
export const ONE_AT_WORK = { active: 1, waiting: 0, leases: 1 };

/** Kills the model's process as soon as a request is at work in it. */
export async function loseModel(server: ServeProcess): Promise<void> {
  while ((await atWork(server)).active !== 1) await new Promise((next) => setTimeout(next, 20));
  // The log names each process as it starts; the last one is the present one.
  process.kill(Number([...server.log().matchAll(/"pid":(\d+)/g)].at(-1)?.[1]), "SIGKILL");
}

/** What was thrown; the test fails where nothing was. */
export async function thrownBy(work: () => PromiseLike<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await work();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("nothing was thrown");
}
