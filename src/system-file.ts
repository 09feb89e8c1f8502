/** Files in which the system tells of itself, such as those of /proc and /sys. */

import { readFileSync } from "node:fs";

/** Its text; empty where there is none, as on other systems. */
export function readSystemFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
