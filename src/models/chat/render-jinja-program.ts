/**
 * The renderer's own program, as text: a file of its own would have to be TypeScript here and JavaScript once built.
 *
 * Each template gets a realm of its own (a node:vm context) in which it is parsed once and everything is frozen: the
 * built-in objects, the library, the parsed template. So a rendering leaves nothing behind that another one could
 * see, even if a template found a way to reach what its language is made of. A realm for each rendering would be
 * simpler; the library would run cold every time, 60 ms instead of 1 for a template of 15 KB. The realm is no wall
 * against code, but templates are none: eval and its kin are off, and only text goes in and comes out.
 */

/** What the program is sent, one at a time. */
export interface RenderRequest {
  readonly template: string;
  /** JSON. */
  readonly values: string;
  /** It ends a rendering by itself after so long: for the case that its parent, who would have done so, is gone. */
  readonly orphanMs: number;
  /** Characters. */
  readonly maxText: number;
}

/** What it says: that it can begin, and then one reply for each request. */
export type RenderMessage =
  | { readonly type: "ready" }
  | { readonly type: "text"; readonly text: string }
  /** The template's own message. */
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "too-long" }
  | { readonly type: "late" };

/** For node -e; its argument is the path of @huggingface/jinja. */
export const RENDER_PROGRAM = `
  const { readFileSync } = require("node:fs");
  const { createContext, Script } = require("node:vm");

  const library = new Script(
    "const jinja = ((module) => {" + readFileSync(process.argv[1], "utf8") + "\\nreturn module.exports; })({});"
  );
  const preparing = new Script(\`
    const seen = new Set([globalThis]);
    const harden = (root) => {
      const rest = [root];
      while (rest.length > 0) {
        const value = rest.pop();
        if (Object(value) !== value || seen.has(value)) continue;
        seen.add(value);
        Object.freeze(value);
        rest.push(Object.getPrototypeOf(value));
        for (const { value: own, get, set } of Object.values(Object.getOwnPropertyDescriptors(value)))
          rest.push(own, get, set);
      }
    };
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(globalThis))) harden(value);
    // What only syntax makes has no name to be found by.
    for (const nameless of [function* () {}, async () => {}, async function* () {}]) harden(nameless);
    for (const nameless of [[].values(), new Map().values(), new Set().values(), "".matchAll(/a/g)]) harden(nameless);
    harden(""[Symbol.iterator]());
    harden(jinja);
    let parsed;
  \`);
  const rendering = new Script(\`
    try {
      if (parsed === undefined) {
        const fresh = new jinja.Template(template);
        harden(fresh);
        parsed = fresh;
      }
      const text = parsed.render(JSON.parse(values));
      if (text.length > maxText) reply = "too-long";
      else [reply, content] = ["text", text];
    } catch (error) {
      [reply, content] = ["refused", String(error?.message)];
    }
    undefined
  \`);

  const realms = new Map();
  const realmOf = (template) => {
    const realm = realms.get(template) ?? createRealm(template);
    // The one that was used last stands last. What is kept is taken from the memory of all: few, and no large ones.
    realms.delete(template);
    if (template.length <= 65_536) realms.set(template, realm);
    if (realms.size > 4) realms.delete(realms.keys().next().value);
    return realm;
  };
  const createRealm = (template) => {
    const realm = createContext({ __proto__: null, template }, { codeGeneration: { strings: false, wasm: false } });
    library.runInContext(realm);
    preparing.runInContext(realm);
    return realm;
  };

  // The signals of a terminal or a service manager reach every process of the group; the parent decides.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit());
  const tell = (message) => process.send(message, undefined, undefined, () => undefined);
  process.on("message", ({ template, values, orphanMs, maxText }) => {
    const realm = realmOf(template);
    Object.assign(realm, { values, maxText, reply: "", content: "" });
    try {
      rendering.runInContext(realm, { timeout: orphanMs });
    } catch {
      return tell({ type: "late" });
    }
    const { reply, content } = realm;
    Object.assign(realm, { values: "", content: "" });
    tell(reply === "refused" ? { type: reply, message: content.slice(0, 1_000) } : { type: reply, text: content });
  });
  tell({ type: "ready" });
`;
