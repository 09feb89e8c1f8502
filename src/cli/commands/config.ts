/** `assay config show`: every setting, and where it came from. */

import type { Command } from "commander";
import { CONFIG_KEYS, describeSetting, redact, variableOf } from "../../config.ts";
import { action, type ReportStatus } from "../context.ts";
import { formatTable } from "../table.ts";

interface ConfigOptions {
  origin?: true;
}

export function addConfig(program: Command, report: ReportStatus): void {
  const config = program.command("config").description("Settings");
  config
    .command("show")
    .description("Print the settings in force: defaults < file < environment < flags")
    .option("--origin", "also where each value came from, its variable and its meaning")
    .action(
      action<ConfigOptions>(report, async ({ resolved, json, terminal }, { origin }) => {
        const values = redact(resolved.values);
        if (json) {
          const document = {
            schema: 1,
            kind: "config",
            values,
            ...(origin && { origins: resolved.origins }),
          };
          terminal.print(JSON.stringify(document));
          return;
        }
        const rows = CONFIG_KEYS.map((key) => {
          const { source, name } = resolved.origins[key];
          const from = source === name ? source : `${source} ${name}`;
          const value = values[key];
          const text = typeof value === "object" ? JSON.stringify(value) : String(value);
          return [key, text, from, variableOf(key), describeSetting(key)];
        });
        const columns = ["setting", "value", "from", "variable", "meaning"].map((title) => ({
          title,
          most: 80,
        }));
        terminal.print(formatTable(origin ? columns : columns.slice(0, 2), rows));
      }),
    );
}
