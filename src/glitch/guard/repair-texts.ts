/** What a measure of repair knows of each text: how it was written and what the model gave back. */

import type { GivenBack } from "./give-back.ts";

/** A glitch token's text, guarded, and what came of it. */
export interface RepairText {
  readonly id: number;
  readonly text: string;
  /** What it is written in now; undefined if it can't be written without the token. */
  readonly pieces: readonly number[] | undefined;
  readonly byteTokens: number;
  /** With the token itself in the prompt. */
  readonly before: readonly GivenBack[];
  /** With the pieces; empty if there are none. */
  readonly after: readonly GivenBack[];
}

/** An ordinary text in as many pieces as a guarded one. */
export interface ControlText {
  readonly id: number;
  readonly pieces: readonly number[];
  readonly answers: readonly GivenBack[];
}
