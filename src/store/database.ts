/**
 * One connection to one SQLite file, used in turn. The rules were learnt from @libsql/client 0.18:
 * - a client opens further connections when calls overlap, and those lack our PRAGMAs: calls are queued;
 * - after SQLITE_BUSY the next commit fails too ("SQL statements in progress"): any failure reconnects;
 * - `timeout` has to be given to createClient, a PRAGMA would be lost on reconnect.
 * Every call blocks the event loop while SQLite works, so callers keep them small.
 */

import { dirname } from "node:path";
import {
  type Client,
  createClient,
  type InStatement,
  type ResultSet,
  type Row,
} from "@libsql/client/sqlite3";
import { AppError } from "../errors.ts";
import { makeFolder } from "../make-folder.ts";
import { storeError } from "./store-error.ts";

/** How long a call waits for another writer. Pages take milliseconds; only a stuck program holds longer. */
const BUSY_TIMEOUT_MS = 5_000;

const PRAGMAS = [
  "PRAGMA journal_mode = WAL",
  // With WAL a killed process loses nothing; a power cut may lose the last pages, never the file.
  "PRAGMA synchronous = NORMAL",
  "PRAGMA foreign_keys = ON",
];

export type Statement = Exclude<InStatement, string>;
export type { Row };

export interface Database {
  readonly path: string;
  /** Rows of one statement that changes nothing. */
  read(sql: string, args?: Statement["args"]): Promise<Row[]>;
  /** All statements in one transaction that locks at its start; all of them or none. */
  write(statements: readonly Statement[]): Promise<ResultSet[]>;
  close(): Promise<void>;
}

/**
 * Opens or creates the file; folders that lack are made, readable by the user alone.
 * @throws AppError STORE, DISK_FULL
 */
export async function openDatabase(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Promise<Database> {
  let client: Client | undefined;
  let fresh = false;
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  /** The connection with its PRAGMAs set; a new one after a failure. */
  async function connection(): Promise<Client> {
    if (client !== undefined && fresh) return client;
    if (client === undefined) client = createClient({ url: fileUrl(path), timeout: busyTimeoutMs });
    else client.reconnect();
    for (const pragma of PRAGMAS) await client.execute(pragma);
    fresh = true;
    return client;
  }

  /** Runs `work` after everything asked for before. */
  function inTurn<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const result = queue.then(async () => {
      if (closed) throw new AppError("STORE", `The store ${path} is closed.`);
      try {
        return await work(await connection());
      } catch (error) {
        fresh = false;
        throw storeError(error, path);
      }
    });
    queue = result.catch(() => undefined);
    return result;
  }

  try {
    makeFolder(dirname(path), 0o700);
  } catch (cause) {
    throw new AppError("STORE", `The folder of the store ${path} cannot be made.`, {
      hint: "Choose another place with --store FILE.",
      details: { path },
      cause,
    });
  }
  try {
    await connection();
  } catch (error) {
    client?.close();
    throw storeError(error, path);
  }
  return {
    path,
    read: (sql, args = []) => inTurn(async (it) => (await it.execute({ sql, args })).rows),
    write: (statements) => inTurn((it) => it.batch([...statements], "write")),
    async close() {
      await queue;
      closed = true;
      client?.close();
    },
  };
}

/** libSQL decodes percent signs in file URLs and reads ? and # as their parts. */
function fileUrl(path: string): string {
  return `file:${path.replaceAll("\\", "/").replace(/[%?#]/g, encodeURIComponent)}`;
}
