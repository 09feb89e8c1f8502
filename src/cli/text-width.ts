/** How many columns of a terminal a text takes. */

// Unicode's East Asian Wide and Fullwidth, by scripts and blocks instead of the whole table: it is right for
// what vocabularies hold, and a rare symbol that is wrong costs one column of alignment.
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const NONE = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/u;
// Katakana's halfwidth forms belong to the script but take one column.
const HALF = /[\uff61-\uffdc]/;

/** Columns taken by printable text (see visibleToken); colour codes are not expected in it. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** The longest beginning that fits into `columns`, with an ellipsis where something was cut. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let fitted = "";
  let width = 1; // the ellipsis
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns) break;
    fitted += character;
  }
  return `${fitted}…`;
}

function columnsOf(character: string): number {
  if (character < "\u0300") return 1;
  if (NONE.test(character)) return 0;
  return WIDE.test(character) && !HALF.test(character) ? 2 : 1;
}
