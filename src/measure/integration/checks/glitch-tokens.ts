/**
 * Verdicts on a few tokens. Known ones from the stored mine must come out the same; without a mine the indicators'
 * most and least suspect tokens are asked. Controls tell first whether a verdict means anything on this model.
 */

import { chatFrame } from "../../../engine/index.ts";
import {
  appliesTo,
  bySuspicion,
  type CalibratedTemplate,
  type ControlAnswer,
  calibrate,
  chooseTemplates,
  compileTemplates,
  drawControls,
  probeTokens,
  type Verdict,
  type Vocabulary,
} from "../../../glitch/index.ts";
import type { Finding, IntegrationCheck } from "../check.ts";
import { deriveSeed } from "../draw.ts";
import type { IntegrationSession } from "../session.ts";
import { SUITES } from "../suites.ts";
import { percent } from "../words.ts";

/** The most and least suspect tokens that are drawn from, a share of the candidates. */
const EXTREME = 0.02;

export const glitchCheck: IntegrationCheck = {
  id: "glitch-tokens",
  asks: "whether probes work on this model, and verdicts on a few tokens",
  run: async (session) => {
    const vocabulary = await session.vocabulary();
    const { templates, passRate, controls } = await checkControls(session, vocabulary);
    const figures = { controls, passRate, templates: templates.length };
    if (templates.length === 0)
      return {
        status: "warn",
        message: `Only ${percent(passRate)} of ${controls} controls pass the best template, 90 % are needed: verdicts mean nothing on this model`,
        hint: "Not an instruct model, a wrong template, or no training: `assay mine` would refuse it too.",
        figures,
      };
    const asked = await askedTokens(session, vocabulary);
    const all = [...asked.glitch, ...asked.normal];
    const textOf = (id: number) => vocabulary.texts[id] ?? "";
    const { tokens } = await probeTokens(session.model, templates, all, { textOf, signal: session.signal });
    const verdicts = new Map(tokens.map(({ id, verdict }) => [id, verdict]));
    return describe(asked, verdicts, figures);
  },
};

interface ControlCheck {
  readonly templates: readonly CalibratedTemplate[];
  /** Of the template on which most controls pass. */
  readonly passRate: number;
  readonly controls: number;
}

async function checkControls(session: IntegrationSession, vocabulary: Vocabulary): Promise<ControlCheck> {
  const { model, signal } = session;
  const textOf = (id: number) => vocabulary.texts[id] ?? "";
  const controls = controlsOf(session, vocabulary);
  const { templates } = await compileTemplates(model, chooseTemplates(await chatFrame(model)));
  const answers: ControlAnswer[] = [];
  for (const { id: template, applies, prefix, tail } of templates) {
    const asked = controls.filter((id) => appliesTo({ applies }, textOf(id)));
    const cases = asked.map((id) => ({ tail: [id, ...tail], target: id }));
    for await (const { index, logp, rank } of model.probe(prefix, cases, { signal, topK: 1 }))
      answers.push({ id: asked[index]!, template, logp, passed: rank === 1 });
  }
  const { checks } = calibrate(templates, answers);
  const kept = templates.flatMap((template) => {
    const check = checks.find((it) => it.template === template.id);
    return check?.kept ? [{ ...template, threshold: check.threshold }] : [];
  });
  return {
    templates: kept,
    passRate: Math.max(0, ...checks.map((check) => check.passRate)),
    controls: controls.length,
  };
}

/** Controls of this suite; the second one's are none of the first's. */
function controlsOf(
  { suite, firstSeed, seed }: IntegrationSession,
  { candidates, texts }: Vocabulary,
): number[] {
  const textOf = (id: number) => texts[id] ?? "";
  const first = drawControls(candidates, textOf, SUITES.integration.controls, firstSeed);
  if (suite === "integration") return first;
  const had = new Set(first);
  const left = candidates.filter((id) => !had.has(id));
  return drawControls(left, textOf, SUITES[suite].controls, seed);
}

interface AskedTokens {
  readonly glitch: readonly number[];
  readonly normal: readonly number[];
  /** The mine that the verdicts are from; undefined: they are suspicions. */
  readonly run: string | undefined;
}

async function askedTokens(session: IntegrationSession, vocabulary: Vocabulary): Promise<AskedTokens> {
  const { draw, signal } = session;
  const known = await session.knownVerdicts?.();
  if (known !== undefined)
    return { glitch: draw("tokens", known.glitch), normal: draw("tokens", known.normal), run: known.run };
  const { candidates, knownUnused } = vocabulary;
  const seed = deriveSeed(session.firstSeed, "indicators");
  const indicators = await session.readIndicators?.({ unused: knownUnused, seed, signal });
  const order = bySuspicion({ candidates, indicators, seed });
  const many = Math.ceil(EXTREME * order.length);
  return {
    glitch: draw("tokens", order.slice(0, many)),
    normal: draw("tokens", order.slice(-many)),
    run: undefined,
  };
}

function describe(
  { glitch, normal, run }: AskedTokens,
  verdicts: ReadonlyMap<number, Verdict>,
  facts: { controls: number; passRate: number; templates: number },
): Finding {
  const agree = (ids: readonly number[], wanted: Verdict) =>
    ids.filter((id) => verdicts.get(id) === wanted).length;
  const glitchAgree = agree(glitch, "glitch");
  const normalAgree = agree(normal, "normal");
  const untested = [...verdicts.values()].filter((verdict) => verdict === "untested").length;
  const figures = {
    ...facts,
    ...{ glitch: glitch.length, glitchAgree, normal: normal.length, normalAgree, untested },
    source: run ?? "indicators",
  };
  const works = `${percent(facts.passRate)} of ${facts.controls} controls pass`;
  const counts = `${glitchAgree} of ${glitch.length} fail and ${normalAgree} of ${normal.length} are normal`;
  if (untested > 0)
    return { status: "fail", message: `${works}, but ${untested} tokens could not be asked`, figures };
  if (run === undefined)
    return {
      status: "ok",
      message: `${works}; of the most and least suspect tokens by weights ${counts}`,
      hint: "Nothing to hold that against yet: `assay mine` tests the whole vocabulary.",
      figures,
    };
  const message = `${works}; of the tokens that ${run} calls glitch and normal ${counts}`;
  // A verdict near its threshold may turn with other controls, so not all have to agree.
  const agreed = glitchAgree + normalAgree;
  if (agreed >= 0.9 * (glitch.length + normal.length)) return { status: "ok", message, figures };
  return {
    status: "warn",
    message,
    hint: "The mine may rest on other settings: repeat it with `assay mine`.",
    figures,
  };
}
