/** Words that say what kind of work is asked for. English, with the commonest of its neighbours' languages. */

/**
 * Words of tasks with several steps. Those that stand in every text ("then", "because") are left out: they tell a
 * long text from a short one, which `characters` does already.
 */
export const REASONING_WORDS: ReadonlySet<string> = new Set([
  ...["analyse", "analyze", "argue", "assess", "calculate", "compare", "compute", "contrast", "critique"],
  ...["debug", "derive", "design", "diagnose", "estimate", "evaluate", "explain", "hypothesis", "implement"],
  ...["infer", "justify", "optimise", "optimize", "plan", "predict", "prove", "reason", "reasoning"],
  ...[
    "recommend",
    "refactor",
    "review",
    "solve",
    "strategy",
    "tradeoff",
    "tradeoffs",
    "verify",
    "weigh",
    "why",
  ],
  // German
  ...[
    "analysiere",
    "begründe",
    "berechne",
    "beurteile",
    "beweise",
    "erkläre",
    "plane",
    "vergleiche",
    "warum",
  ],
  // French
  ...[
    "analyse",
    "analysez",
    "calcule",
    "calculez",
    "comparez",
    "démontre",
    "explique",
    "expliquez",
    "pourquoi",
  ],
  // Spanish, Portuguese, Italian
  ...["analiza", "calcula", "compara", "demuestra", "explica", "planifica", "analise", "explique", "calcola"],
  ...["confronta", "dimostra", "perché", "spiega"],
]);

/** Longer words are in no list; they need not be cut out of the text to be looked up. */
export const LONGEST_REASONING_WORD = Math.max(...[...REASONING_WORDS].map(({ length }) => length));
