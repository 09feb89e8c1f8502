/** GET /v1/models: what can be asked for, under every name it can be asked by. */

import { Hono } from "hono";
import { AUTO, type ServedModel, unknownModel } from "../../fleet/index.ts";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";

export function modelRoutes({ fleet }: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  // OpenAI gives the time at which a model was made, which a file does not tell; clients want a number.
  const created = Math.floor(Date.now() / 1_000);
  const list = () => {
    const models = fleet.models();
    const named = models.flatMap((it) =>
      [it.entry.id, ...it.entry.aliases].map((name) => row(name, it, created)),
    );
    return models.length === 0 ? [] : [...named, autoRow(models, created)];
  };
  app.get("/v1/models", (c) => c.json({ object: "list", data: list() }));
  // Names may hold slashes, as those of the hub do.
  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    const found = list().find((it) => it.id === id);
    if (found === undefined) throw unknownModel(id, fleet);
    return c.json(found);
  });
  return app;
}

function row(name: string, { entry, state, facts, memory, leases, error }: ServedModel, created: number) {
  return {
    id: name,
    object: "model",
    created,
    owned_by: "assay",
    assay: {
      ...(name !== entry.id && { alias_of: entry.id }),
      name: entry.name,
      state,
      ...(error !== undefined && { error }),
      tier: entry.tier ?? null,
      pinned: entry.pinned,
      context: facts.context,
      context_trained: facts.contextTrained,
      vocabulary: facts.vocabulary,
      architecture: facts.architecture,
      parameters: facts.parameters,
      quantisation: facts.quantisation,
      experts: facts.experts,
      experts_used: facts.expertsUsed,
      memory: { predicted: memory.predicted, resident: memory.resident ?? null },
      leases,
    },
  };
}

function autoRow(models: readonly ServedModel[], created: number) {
  return {
    id: AUTO,
    object: "model",
    created,
    owned_by: "assay",
    assay: {
      routes_to: models.map(({ entry }) => entry.id),
      // The router leaves out models that a request is too long for.
      context: Math.max(...models.map(({ facts }) => facts.context)),
    },
  };
}
