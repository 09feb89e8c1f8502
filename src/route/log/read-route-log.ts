/** Reads a route log back: what is no entry is skipped and counted, so that one torn line costs one line. */

import { createReadStream } from "node:fs";
import { AppError } from "../../errors.ts";
import { type RouteLogEntry, routeLogEntrySchema } from "./route-log-entry.ts";

/** A longer line is no entry; it is passed over without being kept. */
const LONGEST_LINE = 256 * 2 ** 10;

/** Two full files hold a sixth of it. */
const MOST_ENTRIES = 200_000;

export interface ReadRouteLog {
  /** In the order of the decisions. */
  readonly entries: readonly RouteLogEntry[];
  /** Lines that are no entries. */
  readonly skipped: number;
}

/**
 * Reads FILE.1, if it is there, and FILE.
 * @throws AppError DATA_UNAVAILABLE when there is neither, or more than memory should hold
 */
export async function readRouteLog(path: string): Promise<ReadRouteLog> {
  const entries: RouteLogEntry[] = [];
  let skipped = 0;
  const take = (line: Buffer | undefined) => {
    if (line?.length === 0) return;
    const entry = line && parseEntry(line.toString("utf8"));
    if (!entry) skipped++;
    else if (entries.push(entry) > MOST_ENTRIES)
      throw new AppError("DATA_UNAVAILABLE", `The route log ${path} has over ${MOST_ENTRIES} entries.`, {
        hint: "Cut it: the newest lines are at the end.",
      });
  };
  const older = await readLines(`${path}.1`, take);
  const newer = await readLines(path, take);
  if (!older && !newer)
    throw new AppError("DATA_UNAVAILABLE", `There is no route log at ${path}.`, {
      hint: 'It is written while `assay serve` answers requests for the model "auto".',
    });
  // Lines are written when answers end, so long answers stand after short ones that were decided later.
  entries.sort((a, b) => timeOf(a) - timeOf(b));
  return { entries, skipped };
}

/** When an entry was decided, in milliseconds since 1970. */
export function timeOf({ decision, time }: RouteLogEntry): number {
  return decision.at ?? Date.parse(time);
}

function parseEntry(line: string): RouteLogEntry | undefined {
  try {
    const parsed = routeLogEntrySchema.safeParse(JSON.parse(line));
    // zod tells keys that may be absent from keys that may be undefined; the types of the room do not.
    return parsed.success ? (parsed.data as RouteLogEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Gives each line, undefined for one that is too long. Tells whether the file was there. */
async function readLines(path: string, take: (line: Buffer | undefined) => void): Promise<boolean> {
  let parts: Buffer[] = [];
  let length = 0;
  const end = () => {
    take(length > LONGEST_LINE ? undefined : Buffer.concat(parts));
    [parts, length] = [[], 0];
  };
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      for (let start = 0; start <= chunk.length; ) {
        const newline = chunk.indexOf(0x0a, start);
        const piece = chunk.subarray(start, newline < 0 ? chunk.length : newline);
        length += piece.length;
        if (length <= LONGEST_LINE) parts.push(piece);
        else parts = [];
        if (newline < 0) break;
        end();
        start = newline + 1;
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The route log ${path} cannot be read: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
  end();
  return true;
}
