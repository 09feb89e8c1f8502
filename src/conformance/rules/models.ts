/** Addresses: the list of models, base_url with and without /v1, what is not there. */

import { isAppError } from "../../errors.ts";
import { errorOf, isRefusal, told } from "../chat-reply.ts";
import { fail, note, pass, skip } from "../evidence.ts";
import { at, isText, objectsOf } from "../json-value.ts";
import { PLAIN } from "../requests.ts";
import { authorisation } from "../session.ts";
import { ALL_CLIENTS, type WireRule } from "../wire-rule.ts";
import { CHAT_REFERENCE } from "./sources.ts";

const listRule: WireRule = {
  id: "models-list",
  asks: "GET /v1/models lists models, each with an id of its own",
  clients: ["openai-node", "LangChain", "Agent Framework"],
  sends: "GET /v1/models",
  source: "OpenAI API reference: list models",
  async check({ models }) {
    if (isAppError(models)) throw models;
    if (models.status !== 200) return fail(`Status ${models.status}`, told(models));
    const { data } = (models.json ?? {}) as { data?: unknown };
    const ids = objectsOf(data).map(({ id }) => id);
    if (ids.length === 0) return fail("data holds no model", models.text);
    if (!ids.every(isText)) return fail("A model has no id", data);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined)
      return fail("An id stands twice: a client cannot tell which model it gets", twice);
    return pass(`${ids.length} ${ids.length === 1 ? "id" : "ids, all different"}`);
  },
};

const modelRule: WireRule = {
  id: "model-by-id",
  asks: "GET /v1/models/ID gives that model",
  clients: ["openai-node"],
  sends: "GET /v1/models/ID",
  source: "OpenAI API reference: retrieve model",
  async check({ send, target, key, model }) {
    const url = `${target.base}/models/${encodeURIComponent(model)}`;
    const reply = await send({ method: "GET", url, headers: authorisation(key) });
    if (reply.status !== 200) return note(`Status ${reply.status}; agents do not ask this`, told(reply));
    const id = at(reply.json, "id");
    return id === model ? pass("It has the id asked for") : fail("Another id than the one asked for", id);
  },
};

const baseUrlRule: WireRule = {
  id: "base-url-without-v1",
  asks: "a base_url without /v1 works, or the error says what is missing",
  clients: ALL_CLIENTS,
  sends: "POST /chat/completions, as clients do when /v1 was forgotten",
  source: "microsoft/autogen#767",
  async check({ send, target, headers, model }) {
    const url = `${target.root}/chat/completions`;
    const reply = await send({ method: "POST", url, headers, body: JSON.stringify({ model, ...PLAIN }) });
    if (reply.status === 200)
      return at(reply.json, "choices") === undefined
        ? fail("Status 200, and no completion", reply.text)
        : pass("It is answered without /v1 too");
    const error = errorOf(reply);
    if (!isRefusal(reply) || error === undefined)
      return fail(`Status ${reply.status} without an error object`, reply.text);
    if (/\/?v1\b/.test(error.message)) return pass("404 with a hint at /v1", error.message);
    return note(`Status ${reply.status} that does not name /v1`, error.message);
  },
};

const unknownPathRule: WireRule = {
  id: "unknown-address",
  asks: "an address that there is not is a 404 with an error object",
  clients: ALL_CLIENTS,
  sends: "GET /v1/no-such-address",
  source: CHAT_REFERENCE,
  async check({ send, target, key }) {
    const url = `${target.base}/no-such-address`;
    const reply = await send({ method: "GET", url, headers: authorisation(key) });
    if (reply.status !== 404) return fail(`Status ${reply.status} in place of 404`, reply.text);
    return errorOf(reply) === undefined
      ? note("404 without an error object: clients show the status alone", reply.text)
      : pass("404 with an error object");
  },
};

const keyRule: WireRule = {
  id: "key-required",
  asks: "with a key in force, a request without one is a 401 with an error object",
  clients: ALL_CLIENTS,
  sends: "the plain question without a key",
  source: "OpenAI API reference: authentication",
  async check({ send, target, key, model }) {
    if (key === undefined) return skip("No key was given to this check");
    const url = `${target.base}/chat/completions`;
    const headers = { "content-type": "application/json" };
    const reply = await send({ method: "POST", url, headers, body: JSON.stringify({ model, ...PLAIN }) });
    if (reply.status === 200) return note("It is answered without a key: the server asks for none");
    if (reply.status !== 401) return fail(`Status ${reply.status} in place of 401`, reply.text);
    return errorOf(reply) === undefined ? fail("401 without an error object", reply.text) : pass("401");
  },
};

export const MODEL_RULES = [listRule, modelRule, baseUrlRule, unknownPathRule, keyRule] as const;
