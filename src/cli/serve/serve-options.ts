/** What `assay serve` can be told, beside the flags of every command with a model. */

import type { GuardMode } from "../../answer/index.ts";

export interface ServeOptions {
  port: number;
  host: string;
  apiKeyFile?: string;
  cors?: string[];
  guard: GuardMode;
  small?: string;
  large?: string;
  policy: string;
  /** NAME=ID. */
  alias?: string[];
  preload?: true;
  /** "24GiB" or "auto"; without it the setting. */
  memory?: string;
  /** Seconds; without it the setting. */
  idle?: number;
  parallel: number;
  queue: number;
  /** Bytes. */
  maxBody: number;
  /** "4GiB" or "0". */
  sessions: string;
  /** Seconds. */
  grace: number;
}
