/** Opens the store for a command and closes it whatever happens. */

import { resolve } from "node:path";
import type { Store } from "../store/index.ts";
import type { CliContext } from "./context.ts";
import { VERSION } from "./version.ts";

export async function withStore<T>({ config }: CliContext, use: (store: Store) => Promise<T>): Promise<T> {
  const { openStore } = await import("../store/index.ts");
  const store = await openStore({ path: resolve(config.store), version: VERSION });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
