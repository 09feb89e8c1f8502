/** Rules that many grammars use; only those that are reached are printed. */

/**
 * Name -> body. What they leave out on purpose, all of it still JSON: control characters and unpaired
 * surrogates in strings; integers that a double does not hold exactly and "-0"; numbers of more than 15
 * digits before or after the point or an exponent of three; more than one space, and line breaks. Each of
 * these could go on without end, or would not survive JSON.parse.
 */
export const SHARED_RULES: Readonly<Record<string, string>> = {
  space: '" "?',
  null: '"null"',
  boolean: '"true" | "false"',
  integer: '"0" | "-"? [1-9] [0-9]{0,14}',
  number: '"-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',

  string: '"\\"" char* "\\""',
  // One code point, as minLength and maxLength count: an escaped surrogate pair is one.
  char: '[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E\\u0080-\\uD7FF\\uE000-\\U0010FFFF] | "\\\\" escape',
  escape: '["\\\\/bfnrt] | "u" (basic | high "\\\\u" low)',
  basic: "[0-9a-cA-Ce-fE-F] hex{3} | [dD] [0-7] hex{2}",
  high: "[dD] [89abAB] hex{2}",
  low: "[dD] [c-fC-F] hex{2}",
  hex: "[0-9a-fA-F]",

  // RFC 3339, appendix C gives the leap years; the leap second, written :60, is left out.
  "date-text": 'common-year-day | leap-year "-02-29"',
  "common-year-day": '[0-9]{4} "-" (month-of-31 "-" day-31 | month-of-30 "-" day-30 | "02-" day-28)',
  "month-of-31": '"0" [13578] | "10" | "12"',
  "month-of-30": '"0" [469] | "11"',
  "day-28": '"0" [1-9] | "1" [0-9] | "2" [0-8]',
  "day-30": 'day-28 | "29" | "30"',
  "day-31": 'day-30 | "31"',
  "leap-year": '[0-9]{2} ("0" [48] | [2468] [048] | [13579] [26]) | ([02468] [048] | [13579] [26]) "00"',
  "time-text": 'hour ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,9})? ("Z" | [-+] hour ":" [0-5] [0-9])',
  hour: '[01] [0-9] | "2" [0-3]',
  date: '"\\"" date-text "\\""',
  time: '"\\"" time-text "\\""',
  "date-time": '"\\"" date-text "T" time-text "\\""',
  uuid: '"\\"" hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12} "\\""',
};

/** Names of the rules in a body, texts and character classes left aside. */
export function rulesIn(body: string): string[] {
  return body.replace(/"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]/g, " ").match(/[a-z][a-z0-9-]*/g) ?? [];
}
