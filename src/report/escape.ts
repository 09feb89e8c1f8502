/** Text into HTML, JSON into a script element: the only two doors through which data enters a page. */

const HTML_ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Escapes text for HTML and SVG, as content and within quoted attributes. Characters that hide text or turn its
 * direction (controls, format characters, lone surrogates) are written as `\u{202e}`, so that nothing in a
 * token can make its surroundings read otherwise.
 */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => HTML_ENTITIES[character]!)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
      character === "\n" ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`,
    );
}

/**
 * Serialises a value for `<script type="application/json">`. Only `<` could end the element or open a comment
 * in it (HTML 13.2.5.4, script data states); control and direction characters are escaped too, so that the
 * file's own source cannot be displayed in a misleading order. Figures that JSON lacks become null.
 */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
