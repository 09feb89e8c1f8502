/** `assay route calibrate`: the weights of the score, refitted from a log. */

import { formatFigure } from "../../report/index.ts";
import { type Calibration, calibratePolicy, findPolicy, type RouteFeatureName } from "../../route/index.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { checkWritable, writeOutput } from "../write-output.ts";
import { type LogOptions, readLog } from "./log-file.ts";

export type RouteCalibrateOptions = SharedOptions & LogOptions & { policy: string; output?: string };

export async function runRouteCalibrate(
  context: CliContext,
  options: RouteCalibrateOptions,
): Promise<undefined> {
  const { json, terminal, config, logger } = context;
  const { output } = options;
  checkWritable(output);
  const policy = findPolicy(options.policy);
  const { path, entries } = await readLog(context, options);
  const found = calibratePolicy(entries, policy, { seed: config.seed });
  const isBetter = found.loss.after < found.loss.before;
  if (output !== undefined && isBetter) writeOutput(output, `${JSON.stringify(found.policy, null, 2)}\n`);
  const written = output !== undefined && isBetter ? output : undefined;
  if (json)
    terminal.print(
      JSON.stringify({ schema: 1, kind: "route-calibrate", log: path, from: policy.name, ...found, written }),
    );
  else terminal.print(describe(found, policy.weights));
  if (written !== undefined) terminal.note(`Written: ${written}`);
  else if (output !== undefined)
    logger.warn(
      `${output} was not written: on requests that had no part in the fit the old weights do better.`,
    );
  return undefined;
}

function describe(
  { outcomes, hard, loss, policy }: Calibration,
  old: Calibration["policy"]["weights"],
): string {
  const names = Object.keys(old) as (RouteFeatureName | "bias")[];
  const gain = loss.before - loss.after;
  return [
    `${outcomes} answers of small models with an outcome; ${hard} were given up.`,
    formatTable(
      [{ title: "weight" }, { title: "old", align: "right" }, { title: "refitted", align: "right" }],
      names.map((name) => [name, formatFigure(old[name]), formatFigure(policy.weights[name])]),
    ),
    `Mean log-loss on requests that had no part in the fit (5 folds): ${loss.before.toFixed(4)} with the old weights, ` +
      `${loss.after.toFixed(4)} refitted: ${gain > 0 ? `better by ${gain.toFixed(4)}` : "no better"} nats.`,
    "Only requests that went to a small model first teach anything, so the fit knows little about those that the old " +
      "score called hard.",
  ].join("\n\n");
}
