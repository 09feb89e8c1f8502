/**
 * POST /tokenize and /detokenize, with the fields of llama-server (its tools/server/README.md), so that what was
 * written for it works here.
 */

import { Hono } from "hono";
import { z } from "zod";
import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { type Fleet, unknownModel } from "../../fleet/index.ts";
import { wrongField } from "../openai/openai-error.ts";
import { parseBody } from "../openai/parse-body.ts";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";

/** More than any context, and what a reply can still carry. */
const MOST_TOKENS = 1_048_576;

const MODEL = z.string().min(1).max(512).optional();

const TOKENIZE = z.strictObject({
  model: MODEL,
  content: z.string().optional(),
  /** The name that others use. */
  text: z.string().optional(),
  /** Put the beginning-of-sequence token first. */
  add_special: z.boolean().default(false),
  /** Read "<s>" and the like as control tokens. */
  parse_special: z.boolean().default(true),
  with_pieces: z.boolean().default(false),
});

const DETOKENIZE = z.strictObject({
  model: MODEL,
  tokens: z.array(z.int().min(0)).max(MOST_TOKENS),
});

export function tokenizeRoutes({ fleet }: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();

  app.post("/tokenize", async (c) => {
    const { model, content, text, ...wishes } = await parseBody(c, TOKENIZE, {});
    if ((content === undefined) === (text === undefined))
      throw wrongField("content", "Give the text as content, or as text, once.");
    const signal = c.req.raw.signal;
    return withModel(fleet, { model, signal }, async (open) => {
      const options = { bos: wishes.add_special, special: wishes.parse_special };
      const ids = await open.tokenize(content ?? text ?? "", options);
      return c.json({
        tokens: wishes.with_pieces ? ids.map((id) => ({ id, piece: piece(open.tokenBytes(id)) })) : ids,
      });
    });
  });

  app.post("/detokenize", async (c) => {
    const { model, tokens } = await parseBody(c, DETOKENIZE, {});
    const signal = c.req.raw.signal;
    return withModel(fleet, { model, signal }, async (open) => {
      const beyond = tokens.findIndex((id) => id >= open.info.vocabulary);
      if (beyond !== -1)
        throw wrongField(
          `tokens[${beyond}]`,
          `The model has no token ${tokens[beyond]}: ids run from 0 to ${open.info.vocabulary - 1}.`,
        );
      return c.json({ content: await open.detokenize(tokens, { special: true }) });
    });
  });
  return app;
}

/** Text, or bytes where they are a part of a character: llama-server's form. */
function piece(bytes: Uint8Array): string | number[] {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [...bytes];
  }
}

async function withModel<T>(
  fleet: Fleet,
  { model, signal }: { model: string | undefined; signal: AbortSignal },
  use: (model: LanguageModel) => Promise<T>,
): Promise<T> {
  const lease = await fleet.lease(nameOrOnly(fleet, model), { signal });
  try {
    return await use(lease.model);
  } finally {
    lease.release();
  }
}

/** The id of the model that is meant; without a name there must be nothing to choose from. */
function nameOrOnly(fleet: Fleet, name: string | undefined): string {
  const models = fleet.models();
  if (name === undefined && models.length === 1) return models[0]!.entry.id;
  if (name === undefined) {
    const hint = `Served are ${models.map(({ entry }) => entry.id).join(", ")}.`;
    throw new AppError("USAGE", "The request names no model.", { hint, details: { param: "model" } });
  }
  const found = fleet.find(name);
  if (found === undefined) throw unknownModel(name, fleet);
  return found.entry.id;
}
