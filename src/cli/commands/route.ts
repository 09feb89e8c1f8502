/** `assay route …`: why a request goes where it goes, and where a log of them would go under another policy. */

import { type Command, Option } from "commander";
import { action, type ReportStatus } from "../context.ts";
import { wholeNumber } from "../options.ts";
import type { RouteCalibrateOptions } from "../route/calibrate.ts";
import type { RouteExplainOptions } from "../route/explain.ts";
import type { RouteReplayOptions } from "../route/replay.ts";

export function addRoute(program: Command, report: ReportStatus): void {
  const route = program
    .command("route")
    .description(
      "Explain which model answers a request, replay the log under another policy, refit the weights",
    );

  const explain = route
    .command("explain")
    .description(
      "Features of a request, what each adds to the score, gates, threshold, decision; loads no weights",
    )
    .argument("[prompt]", "the prompt; - reads it from stdin")
    .option("--file <json>", "a chat request as OpenAI's clients send it, in place of a prompt")
    .option("--policy <policy>", "a policy's name, or its file", "balanced")
    .option("--max-tokens <n>", "bound on the answer", wholeNumber(1))
    .addOption(new Option("--tier <tier>", "the caller's wish").choices(["small", "large"]))
    .optionsGroup("Models; without these, those that `assay serve` would serve:")
    .option("--small <model>", "MODEL that answers what is easy")
    .option("--large <model>", "MODEL that answers what is hard");
  explain.action(
    action<RouteExplainOptions>(report, async (...call) =>
      (await import("../route/explain.ts")).runRouteExplain(...call),
    ),
  );

  route
    .command("replay")
    .description("Decide a log's requests anew: what changes, what it would cost, which outcomes are known")
    .option("--log <file>", "route log; without it the one beside the store")
    .option("--policy <policy>", "a policy's name, or its file", "balanced")
    .option("--against <policy>", "hold it against this policy, in place of what was decided")
    .action(
      action<RouteReplayOptions>(report, async (context, options) =>
        (await import("../route/replay.ts")).runRouteReplay(context, options),
      ),
    );

  route
    .command("calibrate")
    .description("Refit the weights of the score from the log's outcomes, with a cross-validated gain")
    .option("--log <file>", "route log; without it the one beside the store")
    .option("--policy <policy>", "the policy to begin from", "balanced")
    .option("--output <file>", "write the refitted policy, if it is better")
    .action(
      action<RouteCalibrateOptions>(report, async (context, options) =>
        (await import("../route/calibrate.ts")).runRouteCalibrate(context, options),
      ),
    );
}
