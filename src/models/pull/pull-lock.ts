/** One process a file: who pulls says so beside the target, by a file that names its process. */

import { open, readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../errors.ts";
import { processExists, startTime } from "../../process-identity.ts";

/** Locks that this process holds: the same pid on a file may also be left from an earlier life of the machine. */
const held = new Set<string>();

export interface PullLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a target. Each process writes a name of its own and only then looks for others, so of two that
 * start together at most one goes on; names of dead processes are cleared away.
 * @param target absolute
 * @throws AppError RUN_LOCKED with the other's pid
 */
export async function takePullLock(target: string): Promise<PullLock> {
  const own = lockPath(target, process.pid);
  if (held.has(own)) throw lockedError(target, process.pid);
  held.add(own);
  const release = async () => {
    held.delete(own);
    await rm(own, { force: true });
  };
  try {
    const file = await open(own, "w");
    await file.writeFile(startTime(process.pid)).finally(() => file.close());
    const other = await findOther(target);
    if (other !== undefined) throw lockedError(target, other);
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

const lockPath = (target: string, pid: number) => `${target}.part.pid-${pid}`;

async function findOther(target: string): Promise<number | undefined> {
  const prefix = `${basename(target)}.part.pid-`;
  for (const entry of await readdir(dirname(target))) {
    const pid = entry.startsWith(prefix) ? Number(entry.slice(prefix.length)) : Number.NaN;
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const path = join(dirname(target), entry);
    if (isAlive(pid, await readFile(path, "utf8").catch(() => ""))) return pid;
    await rm(path, { force: true });
  }
  return undefined;
}

/** @param started what the process wrote of itself: its number may meanwhile be another's */
function isAlive(pid: number, started: string): boolean {
  if (!processExists(pid)) return false;
  const now = startTime(pid);
  return started === "" || now === "" || now === started;
}

function lockedError(target: string, pid: number): AppError {
  return new AppError("RUN_LOCKED", `${target} is being pulled by process ${pid}.`, {
    hint: `Wait for it, or stop it with Ctrl-C; if process ${pid} is something else, remove ${lockPath(target, pid)}.`,
    details: { pid },
  });
}
