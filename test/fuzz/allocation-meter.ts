/**
 * Counts what code asks memory for: typed arrays, Buffers and arrays made by length. Has to be installed before the
 * code under test is imported. What a refused allocation would have taken counts as well.
 */

export interface Allocations {
  /** Bytes of the largest single request. */
  readonly largest: number;
  readonly total: number;
}

export interface AllocationMeter {
  reset(): void;
  read(): Allocations;
}

const SLOT_BYTES = 8;

export function installAllocationMeter(): AllocationMeter {
  let largest = 0;
  let total = 0;
  const count = (bytes: number) => {
    if (!(bytes > 0)) return;
    largest = Math.max(largest, bytes);
    total += bytes;
  };
  const names = [
    "ArrayBuffer",
    "Uint8Array",
    "Int8Array",
    "Uint16Array",
    "Int16Array",
    "Uint32Array",
    "Int32Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
    "Array",
  ] as const;
  for (const name of names) {
    const original = globalThis[name] as unknown as { BYTES_PER_ELEMENT?: number };
    const itemBytes = original.BYTES_PER_ELEMENT ?? (name === "Array" ? SLOT_BYTES : 1);
    const metered: object = new Proxy(original as never as new (...args: unknown[]) => object, {
      construct(target, args, newTarget): object {
        const [first] = args;
        if (typeof first === "number") count(first * itemBytes);
        else if (name !== "ArrayBuffer" && !(first instanceof ArrayBuffer))
          count(((first as { length?: number } | undefined)?.length ?? 0) * itemBytes);
        return Reflect.construct(target, args, newTarget === metered ? target : newTarget);
      },
    });
    Object.assign(globalThis, { [name]: metered });
  }
  for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"] as const) {
    const original = Buffer[name].bind(Buffer) as (size: number, ...rest: never[]) => Buffer;
    Object.assign(Buffer, {
      [name]: (size: number, ...rest: never[]) => {
        count(size);
        return original(size, ...rest);
      },
    });
  }
  const from = Array.from.bind(Array) as (...args: unknown[]) => unknown[];
  const metered = (...args: readonly unknown[]) => {
    const items = Object(args[0]) as { length?: number };
    if (!(Symbol.iterator in items)) count((items.length ?? 0) * SLOT_BYTES);
    return from(...args);
  };
  Object.assign(Array, { from: metered });
  return {
    reset() {
      largest = 0;
      total = 0;
    },
    read: () => ({ largest, total }),
  };
}
