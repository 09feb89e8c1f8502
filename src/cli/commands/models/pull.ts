/** `assay models pull`: get a model, and go on where the last call was stopped. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsPullOptions } from "../../models/pull.ts";
import { collect } from "../../options.ts";

export function addPull(models: Command, report: ReportStatus): void {
  models
    .command("pull")
    .description("Get a model; a stopped call goes on where it was")
    .argument(
      "<source>",
      "name of the catalogue, hf:owner/repository/file.gguf[@revision] or an https address",
    )
    .option("--output <file>", "the file to write, or a folder; it appears when it is complete and checked")
    .option("--revision <name>", "branch, tag or commit of the repository")
    .option("--sha256 <hex>", "hash that the file must have, where nobody published one")
    .option("--allow-http", "plain http also to other machines")
    .option(
      "--allow-host <host>",
      "a host of your own network that redirects may lead to; repeatable",
      collect,
    )
    .action(
      action<ModelsPullOptions>(report, async (...call) =>
        (await import("../../models/pull.ts")).runModelsPull(...call),
      ),
    );
}
