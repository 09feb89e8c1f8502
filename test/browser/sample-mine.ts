/** A mine's result made up by seed: the shapes and sizes of a real one, and tokens that try to break a page. */

import type {
  AttemptEvidence,
  MineResult,
  ProbeEvidence,
  TemplateCheck,
  TokenClass,
  TokenEvidence,
  Verdict,
} from "../../src/glitch/evidence.ts";

/** Each would do harm somewhere if it were pasted instead of escaped: HTML, JSON, CSV, Markdown, direction. */
export const HOSTILE_TEXTS = [
  "</script><script>window.harmed = 1</script>",
  '<img src=x onerror="window.harmed = 2">',
  "<!--",
  '"><svg onload=window.harmed=3>',
  "]]>",
  "&lt;b&gt;",
  "\u202egnp.exe\u2066",
  '=HYPERLINK("http://example.invalid/")',
  "+1|-1",
  "`|``<b>",
  "[x](javascript:alert(1))",
  "__proto__",
  "$" + "{window.harmed = 4}",
  "\ud800",
  "a\u0000b\u001b[31m",
  "‎\u200f",
] as const;

const TEMPLATES: readonly TemplateCheck[] = [
  {
    template: "echo-short",
    passRate: 0.994,
    controls: 512,
    threshold: 0.021,
    kept: true,
    tailTokens: 4,
    prefixTokens: 38,
  },
  {
    template: "echo-quoted",
    passRate: 0.981,
    controls: 512,
    threshold: 0.0064,
    kept: true,
    tailTokens: 6,
    prefixTokens: 51,
  },
  {
    template: "spell-back",
    passRate: 0.963,
    controls: 512,
    threshold: 0.0009,
    kept: true,
    tailTokens: 5,
    prefixTokens: 60,
  },
  {
    template: "what-means",
    passRate: 0.62,
    controls: 512,
    threshold: 0.0001,
    kept: false,
    tailTokens: 9,
    prefixTokens: 44,
  },
];

/** @param vocabulary Token ids; about 3 % of them are glitches. */
export function sampleMine(vocabulary: number, seed = 7): MineResult {
  const random = generator(seed);
  const tokens = Array.from({ length: vocabulary }, (_, id) => sampleToken(id, vocabulary, random));
  const count = (verdict: Verdict) => tokens.filter((token) => token.verdict === verdict).length;
  const classes: Record<TokenClass, number> = {
    normal: 0,
    control: 0,
    byte: 0,
    unused: 0,
    undecodable: 0,
    unreachable: 0,
  };
  for (const token of tokens) classes[token.class] += 1;
  return {
    schema: 1,
    kind: "mine",
    run: "mine-20261123-181500-k3f9",
    model: {
      name: "lab-moe",
      path: "models/lab-moe.gguf",
      fingerprint: "9f2c71d4a86be05310c7f2ab48d95e6613f0b7a2c84d15e9906b3fd27a81cc54",
      quantisation: "Q8_0",
    },
    method: "census",
    seed: 1,
    budget: { all: true },
    seconds: 13.42,
    probes: Math.round(vocabulary * 1.19),
    status: "done",
    counts: {
      vocabulary,
      tested: vocabulary - count("untested"),
      glitch: count("glitch"),
      normal: count("normal"),
      uncertain: count("uncertain"),
    },
    classes,
    recall: { estimate: 1, low: 0.991, high: 1 },
    templates: TEMPLATES,
    prompts: [
      { prompt: "repeat", form: "chat", passRate: 0.98, controls: 48, kept: true },
      { prompt: "copy", form: "raw", passRate: 0.41, controls: 48, kept: false },
    ],
    notes: ["Template what-means was dropped: 62% of the controls pass it."],
    tokens,
  };
}

function sampleToken(id: number, vocabulary: number, random: () => number): TokenEvidence {
  const hostile = HOSTILE_TEXTS[id - 300];
  const tokenClass: TokenClass =
    id < 3 ? "control" : id < 259 ? "byte" : random() < 0.004 ? "unreachable" : "normal";
  const draw = random();
  const verdict: Verdict =
    tokenClass !== "normal"
      ? "untested"
      : hostile !== undefined || draw < 0.028
        ? "glitch"
        : draw < 0.033
          ? "uncertain"
          : "normal";
  const text =
    hostile ?? (tokenClass === "byte" ? `\\x${(id - 3).toString(16).padStart(2, "0")}` : word(random));
  const norm =
    verdict === "glitch"
      ? 0.42 + 0.08 * bell(random) + (random() < 0.15 ? 0.7 : 0)
      : 1.15 + 0.22 * bell(random);
  const indicators = {
    "input-norm": norm,
    "output-norm": norm * 0.8 + 0.2 * bell(random),
    "mean-distance": norm + 0.5 + 0.25 * bell(random),
    "unused-cosine": verdict === "glitch" ? 0.1 + 0.1 * bell(random) : 0.9 + 0.12 * bell(random),
  };
  const unmeasured = {
    p: undefined,
    rank: undefined,
    entropy: undefined,
    asr: undefined,
    asrLow: undefined,
    asrHigh: undefined,
  };
  const base = { id, text, class: tokenClass, verdict, indicators };
  if (verdict === "untested") return { ...base, ...unmeasured, probes: [] };
  const probes = TEMPLATES.filter(({ kept }) => kept)
    .slice(0, verdict === "normal" ? 1 : 3)
    .map((template) => sampleProbe(template.template, id, verdict, vocabulary, random));
  const best = probes.reduce((a, b) => (b.p > a.p ? b : a));
  const figures = { p: best.p, rank: best.rank, entropy: best.entropy };
  if (verdict !== "glitch") return { ...base, ...unmeasured, ...figures, probes };
  const attempts = sampleAttempts(text, random);
  const asr = attempts.filter(({ repeated }) => !repeated).length / attempts.length;
  return { ...base, ...figures, asr, asrLow: asr * 0.7, asrHigh: Math.min(1, asr * 1.02), probes, attempts };
}

function sampleProbe(
  template: string,
  id: number,
  verdict: Verdict,
  vocabulary: number,
  random: () => number,
): ProbeEvidence {
  const p =
    verdict === "normal"
      ? 1 / (1 + 10 ** (-2.5 + bell(random)))
      : 10 ** ((verdict === "glitch" ? -6.5 : -1.9) + 0.8 * bell(random));
  const share = Math.min(1, Math.max(p, 1e-13));
  const others = Array.from({ length: 4 }, (_, index) => ({
    id: Math.floor(random() * vocabulary),
    p: (1 - share) * 0.6 * 0.5 ** index,
  }));
  const top = [...others, { id, p: share }].sort((a, b) => b.p - a.p);
  return {
    template,
    p: share,
    rank: verdict === "normal" ? 1 : Math.ceil(-Math.log10(share) * 300 * random()) + 1,
    entropy: verdict === "normal" ? random() * 0.4 : 2 + random() * 5,
    failed: verdict === "glitch",
    top,
  };
}

function sampleAttempts(text: string, random: () => number): AttemptEvidence[] {
  return ["repeat", "copy", "echo"].map((prompt, attempt) => ({
    prompt,
    attempt: 0,
    seed: Math.floor(random() * 2 ** 32),
    temperature: attempt === 0 ? 0 : 0.7,
    text: random() < 0.1 ? `I would say ${text}\n` : `${word(random)} ${word(random)}`,
    repeated: random() < 0.1,
  }));
}

function word(random: () => number): string {
  const syllables = [
    "ka",
    "ter",
    "son",
    "ing",
    "ver",
    "o",
    "mi",
    "la",
    "chen",
    "ou",
    "pre",
    "ция",
    "ß",
    "日",
    "qu",
    "ed",
  ];
  const length = 1 + Math.floor(random() * 3);
  const text = Array.from({ length }, () => syllables[Math.floor(random() * syllables.length)]).join("");
  return random() < 0.6 ? `▁${text}` : text;
}

/** About normal, mean 0 and deviation 1: the sum of twelve uniform draws less six. */
function bell(random: () => number): number {
  return Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
}

/** mulberry32: 32 bits of state, enough for made-up data. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
