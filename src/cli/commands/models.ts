/** `assay models …`: know, get, check, repair, convert and choose model files; one file a verb beside this one. */

import type { Command } from "commander";
import type { ReportStatus } from "../context.ts";
import { addAdd } from "./models/add.ts";
import { addConvert } from "./models/convert.ts";
import { addList } from "./models/list.ts";
import { addPull } from "./models/pull.ts";
import { addQuantise } from "./models/quantise.ts";
import { addRepair } from "./models/repair.ts";
import { addShow } from "./models/show.ts";
import { addUse } from "./models/use.ts";
import { addVerify } from "./models/verify.ts";

type AddVerb = (models: Command, report: ReportStatus) => void;

/** In the order in which somebody new needs them. */
const VERBS: readonly AddVerb[] = [
  addList,
  addShow,
  addAdd,
  addPull,
  addVerify,
  addRepair,
  addConvert,
  addQuantise,
  addUse,
];

export function addModels(program: Command, report: ReportStatus): void {
  const models = program.command("models").description("Know, get, check, repair, convert and choose models");
  for (const add of VERBS) add(models, report);
}
