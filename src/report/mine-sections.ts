/** The static tables of the mine report: templates, validation prompts, classes, the known truth. */

import type { MineResult, TokenClass, TruthScore } from "../glitch/index.ts";
import { formatCount, formatFigure, formatShare } from "./format.ts";
import { htmlTable } from "./html-table.ts";
import { CLASS_MEANINGS } from "./mine-figures.ts";

const used = (isKept: boolean) => (isKept ? "kept" : "dropped");

/** How each probe template did on the controls. */
export function templateSection({ templates }: MineResult): string {
  const columns = [
    { title: "template" },
    { title: "use" },
    { title: "controls passed", isNumber: true },
    { title: "controls", isNumber: true },
    { title: "threshold", isNumber: true },
    { title: "prompt tokens", isNumber: true },
  ];
  const rows = templates.map((one) => ({
    cells: [
      one.template,
      used(one.kept),
      formatShare(one.passRate),
      formatCount(one.controls),
      formatFigure(one.threshold),
      `${one.prefixTokens} + ${one.tailTokens}`,
    ],
    isDropped: !one.kept,
    bar: { column: 2, share: one.passRate },
  }));
  return `<h2>The prompts and how far they can be trusted here</h2>
<p class="note">Each template was first tried on control tokens, ordinary ones drawn by seed. Where under 90% of them pass,
the template says more about itself than about the token, and is dropped. The threshold is calibrated on the same
controls: under it, p would be improbable for a working token. Prompt tokens are shared prefix + own tail.</p>
${htmlTable(columns, rows)}`;
}

/** How each prompt of the enhanced validation did on the controls; nothing if there was none. */
export function promptSection({ prompts = [] }: MineResult): string {
  if (prompts.length === 0) return "";
  const columns = [
    { title: "prompt" },
    { title: "form" },
    { title: "use" },
    { title: "controls repeated", isNumber: true },
    { title: "controls", isNumber: true },
  ];
  const rows = prompts.map(({ prompt, form, kept, passRate, controls }) => ({
    cells: [prompt, form, used(kept), formatShare(passRate), formatCount(controls)],
    isDropped: !kept,
    bar: { column: 3, share: passRate },
  }));
  return `<h2>The prompts of the validation</h2>
<p class="note">What was found was asked for again by generation. A prompt counts only if the controls are repeated.</p>
${htmlTable(columns, rows)}`;
}

/** How many tokens of each class the vocabulary has, and what the classes mean. */
export function classSection({ classes, counts }: MineResult): string {
  const columns = [
    { title: "class" },
    { title: "tokens", isNumber: true },
    { title: "share", isNumber: true },
    { title: "meaning" },
  ];
  const rows = (Object.keys(CLASS_MEANINGS) as TokenClass[]).map((name) => {
    const share = formatShare(classes[name] / counts.vocabulary);
    return { cells: [name, formatCount(classes[name]), share, CLASS_MEANINGS[name]] };
  });
  return `<h2>The vocabulary by class</h2>\n${htmlTable(columns, rows)}`;
}

/** Verdicts by grade of the truth, for the models whose training is known. */
export function truthSection(truth: TruthScore | undefined): string {
  if (truth === undefined || truth.grades.length === 0) return "";
  const titles = ["tokens", "glitch", "uncertain", "normal", "untested"] as const;
  const columns = [{ title: "grade" }, ...titles.map((title) => ({ title, isNumber: true }))];
  const rows = truth.grades.map((grade) => ({
    cells: [grade.grade, ...titles.map((title) => formatCount(grade[title]))],
    bar: { column: 2, share: grade.glitch / grade.tokens },
  }));
  return `<h2>Against the known truth, by grade</h2>
<p class="note">How often training showed each normal token to this model is known; nothing reads that except to score.
Verdicts by what was seen:</p>
${htmlTable(columns, rows)}`;
}
