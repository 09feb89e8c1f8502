/**
 * Where the numbers of a GGUF header stand that a reader has to mistrust: counts, lengths, types, shapes, offsets.
 * Written from ggml/docs/gguf.md and not from our reader, for files that are whole.
 */

/** Bytes of the fixed-size types by their ids; 8 is a string, 9 an array. */
const SIZES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

export function ggufMarks(bytes: Uint8Array): { marks: readonly number[]; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const marks: number[] = [];
  let at = 4;
  const uint32 = () => {
    marks.push(at);
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const uint64 = () => {
    marks.push(at);
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
  const string = () => {
    const length = uint64();
    at += length;
  };
  const value = (type: number): void => {
    if (type === 8) string();
    else if (type !== 9) at += SIZES[type]!;
    else {
      const of = uint32();
      for (let count = uint64(); count > 0; count--) value(of);
    }
  };
  uint32(); // version
  const tensors = uint64();
  for (let pairs = uint64(); pairs > 0; pairs--) {
    string();
    value(uint32());
  }
  for (let i = 0; i < tensors; i++) {
    string();
    for (let dimensions = uint32(); dimensions > 0; dimensions--) uint64();
    uint32();
    uint64();
  }
  return { marks, end: at };
}
