/** `assay token`: what a token id is, or how a text becomes tokens. */

import type { Command } from "commander";
import type { Tokenizer } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { addModelOptions } from "../options.ts";
import { formatTable } from "../table.ts";
import { withTokenizer } from "../with-model.ts";

interface TokenOptions {
  text?: true;
}

interface TokenFacts {
  readonly id: number;
  readonly text: string;
  readonly class: string;
  /** Hexadecimal, two digits a byte. */
  readonly bytes: string;
  /** Ids that its text becomes, where it has a text. */
  readonly tokenised?: readonly number[];
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
    const { classifyVocabulary } = await import("../../glitch/index.ts");
    const { json, terminal, signal } = context;
    const isId = options.text !== true && /^\d+$/.test(input);
    const ids = isId ? [checkId(model, input)] : await model.tokenize(input, { continuation: true });
    const { classes, texts } = await classifyVocabulary(model, signal);
    const facts = ids.map((id): TokenFacts => {
      const bytes = model.tokenBytes(id);
      return {
        id,
        text: visibleToken(bytes),
        class: classes[id]!,
        bytes: Buffer.from(bytes).toString("hex"),
      };
    });
    const text = isId ? texts[ids[0]!] : undefined;
    const tokenised = text === undefined ? undefined : await model.tokenize(text, { continuation: true });
    if (json) {
      const tokens = tokenised === undefined ? facts : facts.map((it) => ({ ...it, tokenised }));
      return terminal.print(JSON.stringify({ schema: 1, kind: "token", model: model.info.name, tokens }));
    }
    terminal.print(
      formatTable(
        COLUMNS,
        facts.map((it) => [String(it.id), it.text, it.class, it.bytes]),
      ),
    );
    if (tokenised !== undefined) terminal.print(`\nIts text becomes ${describeIds(model, tokenised)}.`);
  });
  return undefined;
}

const COLUMNS = [
  { title: "id", align: "right" },
  { title: "token" },
  { title: "class" },
  { title: "bytes" },
] as const;

function checkId(model: Tokenizer, text: string): number {
  const id = Number(text);
  if (id < model.info.vocabulary) return id;
  throw new AppError("USAGE", `${model.info.name} has no token ${text}.`, {
    hint: `Ids run from 0 to ${model.info.vocabulary - 1}; add --text to look at the digits as text.`,
  });
}

function describeIds(model: Tokenizer, ids: readonly number[]): string {
  return ids.map((id) => `${id} ${visibleToken(model.tokenBytes(id))}`).join(", ");
}
