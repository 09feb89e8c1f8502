import { open, stat } from "node:fs/promises";
import { AppError } from "../../errors.ts";

/** config.json and its like have some kB; tokenizer_config.json with a long template some hundred. */
const MAX_JSON_BYTES = 16 * 2 ** 20;
const HINT = "Check the folder or download it again.";

/**
 * Reads a small file whole.
 * @throws MODEL_INVALID if it cannot be read or is larger than `maxBytes`
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await assertFile(path);
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new AppError("MODEL_INVALID", `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: HINT,
      cause,
    });
  }
}

/** Opening a pipe would wait for whoever writes to it. @throws Error */
export async function assertFile(path: string): Promise<void> {
  if (!(await stat(path)).isFile()) throw new Error("it is no file");
}

/**
 * Reads a JSON object.
 * @throws MODEL_INVALID if there is none
 */
export async function readJson(path: string, maxBytes = MAX_JSON_BYTES): Promise<Record<string, unknown>> {
  const bytes = await readSmallFile(path, maxBytes);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw new AppError("MODEL_INVALID", `${path} is not JSON: ${(cause as Error).message}.`, {
      hint: HINT,
      cause,
    });
  }
  throw new AppError("MODEL_INVALID", `${path} does not hold a JSON object.`, { hint: HINT });
}
