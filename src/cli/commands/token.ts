/** `assay token`: what a token id is, or how a text becomes tokens. */

import type { Command } from "commander";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { addModelOptions } from "../options.ts";
import { checkTokenId, describeTokenised, factsTable, oneToken, tokenFacts } from "../token/token-facts.ts";
import { withTokenizer } from "../with-model.ts";

interface TokenOptions {
  text?: true;
}

export function addToken(program: Command, report: ReportStatus): void {
  const token = program
    .command("token")
    .description("Class and bytes of a token id, or the tokens of a text")
    .argument("<id-or-text>", "digits are an id")
    .option("--text", "digits are a text too");
  addModelOptions(token).action(action<TokenOptions>(report, showToken));
}

async function showToken(
  context: CliContext,
  options: TokenOptions & SharedOptions,
  input = "",
): Promise<undefined> {
  await withTokenizer(context, { options }, async (model) => {
    const { json, terminal, signal } = context;
    const head = { schema: 1, kind: "token", model: model.info.name };
    if (options.text === true || !/^\d+$/.test(input)) {
      const ids = await model.tokenize(input, { continuation: true });
      const tokens = await tokenFacts(model, ids, signal);
      return terminal.print(json ? JSON.stringify({ ...head, tokens }) : factsTable(tokens));
    }
    const id = checkTokenId(model, input, "; add --text to look at the digits as text");
    const { facts, tokenised } = await oneToken(model, id, signal);
    if (json) return terminal.print(JSON.stringify({ ...head, tokens: [{ ...facts, tokenised }] }));
    terminal.print(factsTable([facts]));
    if (tokenised !== undefined) terminal.print(`\n${describeTokenised(model, tokenised)}`);
  });
  return undefined;
}
