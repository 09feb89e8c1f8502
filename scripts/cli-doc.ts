/** docs/cli.md from the command objects that the program itself uses. */

import type { Argument, Command, Option } from "commander";
import { createProgram } from "../src/cli/program.ts";

/** The whole page. */
export function renderCliDoc(): string {
  const program = createProgram(() => undefined);
  const commands = leaves(program);
  return [
    "# Commands",
    "Made from the commands by `npm run docs`; a test compares it. Write `npx assay` before each.",
    commands
      .map((command) => `- [\`${pathOf(command)}\`](#${anchorOf(command)}): ${command.description()}`)
      .join("\n"),
    "## Flags of every command",
    optionTable(program.createHelp().visibleOptions(program)),
    ...commands.map(section),
  ]
    .join("\n\n")
    .concat("\n");
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(" ");
}

function anchorOf(command: Command): string {
  return pathOf(command).replaceAll(" ", "-");
}

function section(command: Command): string {
  const help = command.createHelp();
  const groups = groupBy(
    help.visibleOptions(command).filter((option) => option.long !== "--help"),
    (option) => option.helpGroupHeading ?? "Options:",
  );
  const tables = [...groups].map(([title, options]) => `${title}\n\n${optionTable(options)}`);
  const names = command.registeredArguments.filter((argument) => argument.description !== "");
  return [
    `## ${pathOf(command)}`,
    `${command.description()}.`,
    `\`\`\`\nassay ${pathOf(command)} ${command.usage()}\n\`\`\``,
    ...(names.length > 0 ? [names.map(argumentLine).join("\n")] : []),
    ...tables,
  ].join("\n\n");
}

function argumentLine(argument: Argument): string {
  return `- \`${argument.name()}\`: ${argument.description}`;
}

function optionTable(options: readonly Option[]): string {
  const rows = options
    .filter((option) => option.long !== "--help")
    .map((option) => `| \`${option.flags}\` | ${cell(describe(option))} |`);
  return ["| flag | meaning |", "|---|---|", ...rows].join("\n");
}

function describe({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
  const preset = defaultValue === undefined ? "" : `; default ${defaultValue}`;
  return description + choices + preset;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Map.groupBy, which Node 20 lacks. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
