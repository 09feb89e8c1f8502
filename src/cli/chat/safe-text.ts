/**
 * A model's text on a terminal: line breaks and tabs stay, everything that moves the cursor, changes colours or makes
 * text run the other way is shown as an escape. Other than visibleToken() it leaves what people read as it is.
 */

// Cc control, lone surrogates, line and paragraph separators, and the characters that turn the direction of a text
// (Unicode TR 36, section 2.10). Joiners stay: emoji and some scripts are written with them.
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The text without anything that a terminal obeys.
 * @example safeText("a\x1b[2Jb") // "a\\x1b[2Jb"
 */
export function safeText(text: string): string {
  // Windows' line breaks are line breaks.
  return text.replaceAll("\r\n", "\n").replaceAll(UNSAFE, (character) => {
    const codePoint = character.codePointAt(0)!;
    return codePoint < 0x100
      ? `\\x${codePoint.toString(16).padStart(2, "0")}`
      : `\\u{${codePoint.toString(16)}}`;
  });
}
