/** What an entry for agents has to know of a model, wherever that was learned. */

export interface AgentModel {
  /** What requests name it by. */
  readonly id: string;
  /** Tokens of one request, prompt and answer together, where it is known. */
  readonly context: number | undefined;
  readonly tier: "small" | "large" | undefined;
}

export interface AgentModels {
  /** A running server's list, or what `assay serve` would serve. */
  readonly source: "server" | "installed";
  readonly models: readonly AgentModel[];
}
