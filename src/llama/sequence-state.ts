/**
 * What llama.cpp writes when it is asked for a sequence's state: the cells' positions, then keys and values of every
 * layer. Reading it here lets bytes from a file be checked to the last one before llama.cpp sees them.
 *
 * Layout: llama_context::state_seq_get_data (src/llama-context.cpp) and llama_kv_cache::state_write,
 * state_write_meta, state_write_data (src/llama-kv-cache.cpp) of v0.4.0, for one cache shared by all sequences.
 * Models whose cells hold more (sliding windows, recurrent layers, M-RoPE) write something else and are not known here.
 */

export interface SequenceStateForm {
  /** Types and widths of all layers; a context takes the states whose form is that of its own. */
  readonly form: string;
  /** Bytes of a state of so many cells. */
  bytes(cells: number): number;
}

/** io_magic of src/llama-context.cpp. */
const MAGIC = 0xaf143cd8;
/** A position, a count of sequences, which is 1, and a sequence id that is not looked at. */
const CELL_BYTES = 12;

/** The form of a state that holds the positions 0 to `cells` - 1, each once; undefined if it is anything else. */
export function readSequenceState(state: Uint8Array, cells: number): SequenceStateForm | undefined {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  let at = 0;
  let fits = true;
  /** Steps over so many bytes; the offset of the first. */
  const skip = (bytes: number) => {
    const from = at;
    if (bytes > state.length - at) fits = false;
    else at += bytes;
    return from;
  };
  const u32 = () => {
    const from = skip(4);
    return fits ? view.getUint32(from, true) : 0;
  };
  /** Row sizes; those above 32 bits fit into no state. */
  const u64 = () => {
    const low = u32();
    if (u32() !== 0) fits = false;
    return low;
  };

  const magic = u32();
  skip(4);
  const streams = u32();
  const count = u32();
  if (!fits || magic !== MAGIC || streams !== 1 || count !== cells) return undefined;
  const firstCell = skip(cells * CELL_BYTES);
  if (!fits || !holdsEachPosition(view, firstCell, cells)) return undefined;

  const transposed = u32();
  const layers = u32();
  if (transposed > 1) return undefined;
  const parts: number[] = [transposed, layers];
  let cellBytes = CELL_BYTES;
  const rows = (type: number, bytes: number) => {
    parts.push(type, bytes);
    cellBytes += bytes;
    skip(bytes * cells);
  };
  for (let layer = 0; layer < layers && fits; layer++) rows(u32(), u64());
  // Values that are stored by dimension tell the size of an element and how many there are.
  for (let layer = 0; layer < layers && fits; layer++) rows(u32(), transposed ? u32() * u32() : u64());
  if (!fits || at !== state.length) return undefined;
  const fixedBytes = state.length - cells * cellBytes;
  return { form: parts.join(" "), bytes: (wanted) => fixedBytes + wanted * cellBytes };
}

function holdsEachPosition(view: DataView, firstCell: number, cells: number): boolean {
  const seen = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const at = firstCell + cell * CELL_BYTES;
    const position = view.getUint32(at, true);
    if (position >= cells || seen[position] || view.getUint32(at + 4, true) !== 1) return false;
    seen[position] = 1;
  }
  return true;
}
