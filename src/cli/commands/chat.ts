/** `assay chat`: a conversation in the terminal, or one token's card. */

import { type Command, Option } from "commander";
import { AppError } from "../../errors.ts";
import { addAnswerOptions } from "../ask/generation.ts";
import type { ChatOptions } from "../chat/chat-options.ts";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { translateGlitcherFlags } from "../mine/glitcher-flags.ts";
import { addModelOptions, wholeNumber } from "../options.ts";

/** Of make-room.ts and chat-guard.ts; named here too, so that --help reads no other room. */
const WHEN_FULL = ["cut", "compress", "stop"] as const;
const QUANT_TYPES = ["int4", "int8", "bfloat16", "float16", "auto"] as const;
const GUARD_MODES = ["off", "flag", "rewrite", "refuse"] as const;

export function addChat(program: Command, report: ReportStatus): void {
  const chat = program
    .command("chat")
    .description("Talk with a model; with a token id show what the model makes of that token")
    .argument("[model]", "MODEL; digits alone are a token id")
    .argument("[token-id]", "show this token's card in place of a conversation")
    .option("--system <text>", "system text")
    .option("--template <name>", "this built-in chat template in place of the model's own")
    .addOption(
      new Option(
        "--guard <mode>",
        "what is done about known glitch tokens; rewrite where the file was mined, else off",
      ).choices(GUARD_MODES),
    )
    .addOption(
      new Option("--when-full <rule>", "old turns when the context is full: cut, summarised, or none more")
        .choices(WHEN_FULL)
        .default("compress"),
    )
    .option(
      "--reserve <tokens>",
      "kept free for an answer; the least of 512, --max-tokens and a quarter of the context if not given",
      wholeNumber(1),
    )
    .addOption(
      new Option("--quant-type <type>", "what a Hugging Face folder is turned into").choices(QUANT_TYPES),
    )
    .optionsGroup("Sessions:")
    .option("--session <name>", "go on with this conversation, or begin it; saved after each turn")
    .option("--sessions", "list the saved conversations")
    .option("--forget <name>", "remove a saved conversation")
    .optionsGroup("Generation:")
    .option("--max-tokens <n>", "at most so many new tokens in an answer", wholeNumber(1));
  addAnswerOptions(chat)
    .optionsGroup("For those who come from glitcher:")
    .option("--max-size <n>", "says the same as --max-tokens", wholeNumber(1))
    .option("--device <name>", "cuda, cpu, mps or auto; says the same as --gpu");
  addModelOptions(chat).action(
    action<ChatOptions>(report, runChatCommand, "Stopping. Press Ctrl-C again to end at once."),
  );
}

async function runChatCommand(
  given: CliContext,
  { maxSize, device, ...own }: ChatOptions & SharedOptions & { maxSize?: number; device?: string },
  first?: string,
  second?: string,
): Promise<number | undefined> {
  const { gpu } = translateGlitcherFlags(
    { ...(device !== undefined && { device }) },
    { hasBudget: true, usesK: true },
  );
  const context = { ...given, config: { ...given.config, gpu: own.gpu ?? gpu ?? given.config.gpu } };
  const options = { ...own, ...(maxSize !== undefined && { maxTokens: own.maxTokens ?? maxSize }) };
  if (options.sessions || options.forget !== undefined) {
    if (first !== undefined || (options.sessions && options.forget !== undefined))
      throw new AppError("USAGE", "--sessions and --forget stand alone.");
    const { forgetSession, showSessions } = await import("../chat/sessions.ts");
    await (options.forget === undefined ? showSessions(context) : forgetSession(context, options.forget));
    return undefined;
  }
  // As in `token`: digits are an id. A model of such a name is named with --model.
  const [model, token] =
    second === undefined && first !== undefined && /^\d+$/.test(first) ? [undefined, first] : [first, second];
  if (token !== undefined) {
    if (options.session !== undefined)
      throw new AppError("USAGE", "A token's card is no conversation: leave --session or the token id out.");
    const { showTokenCard } = await import("../chat/token-card.ts");
    await showTokenCard(context, options, model, token);
    return undefined;
  }
  const { runChat } = await import("../chat/run.ts");
  return runChat(context, options, model);
}
