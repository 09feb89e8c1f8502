/**
 * Shows any token, also one with control characters, broken UTF-8 or text that runs the other way, without
 * harm to the terminal, table or page that it lands in. Different tokens never look the same.
 */

// Cc control, Cf format (bidi, zero width), Co private, Cn unassigned, Cs lone surrogates, Zl/Zp/Zs
// separators other than the plain space, and what Unicode says is invisible though a letter or mark.
// U+2800 is a blank that Unicode counts as a symbol.
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;
const MARK = /^\p{M}$/u;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/**
 * The token in printable characters: spaces at its ends as `▁`, newlines as `\n`, bytes that are not UTF-8
 * as `\xff`, other invisible characters as `\x1b` or `\u{202e}`. A real backslash is doubled and a real `▁`
 * is `\u{2581}`, so that nothing can pose as an escape.
 *
 * @example visibleToken(" fox\u202e") // "▁fox\u{202e}"
 */
export function visibleToken(token: string | Uint8Array): string {
  const shown = typeof token === "string" ? visibleText(token, true) : visibleBytes(token);
  return shown.replace(/^ +| +$/g, (spaces) => "▁".repeat(spaces.length));
}

function visibleBytes(bytes: Uint8Array): string {
  let shown = "";
  for (let start = 0; start < bytes.length; ) {
    const length = characterLength(bytes, start);
    if (length === 0) shown += escapeByte(bytes[start++]!);
    else {
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        bytes.subarray(start, start + length),
      );
      shown += visibleText(text, start === 0);
      start += length;
    }
  }
  return shown;
}

/** Bytes of the UTF-8 character at `start`, 0 when there is none. */
function characterLength(bytes: Uint8Array, start: number): number {
  const lead = bytes[start]!;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (start + length > bytes.length) return 0;
  try {
    // The decoder knows the further rules: overlong forms, surrogates, the last code point.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, start + length));
    return length;
  } catch {
    return 0;
  }
}

function visibleText(text: string, first: boolean): string {
  let shown = "";
  for (const character of text) {
    const named = NAMED[character];
    const codePoint = character.codePointAt(0)!;
    if (named !== undefined) shown += named;
    else if (codePoint < 0x20 || codePoint === 0x7f) shown += escapeByte(codePoint);
    // A mark at the start would join what stands before the token.
    else if (
      character === "▁" ||
      INVISIBLE.test(character) ||
      (first && shown === "" && MARK.test(character))
    )
      shown += `\\u{${codePoint.toString(16)}}`;
    else shown += character;
  }
  return shown;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
