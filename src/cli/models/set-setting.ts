/**
 * Changes one setting in the text of a configuration file and leaves every other character as it is. (jsonc-parser does
 * more of this; for one text in one object of strict JSON it would be a dependency for forty lines.)
 */

/**
 * Sets a key of the outermost object to a text. A file that has the key twice means the last.
 * @param json a JSON object; it has been parsed before
 *
 * @example setSetting('{\n  "seed": 1\n}\n', "model", "lab-moe") // '{\n  "model": "lab-moe",\n  "seed": 1\n}\n'
 */
export function setSetting(json: string, key: string, value: string): string {
  const text = JSON.stringify(value);
  const place = findValues(json, key).at(-1);
  if (place) return json.slice(0, place.start) + text + json.slice(place.end);
  const open = json.indexOf("{") + 1;
  const [space = ""] = /^\s*/.exec(json.slice(open)) ?? [];
  const pair = `${JSON.stringify(key)}: ${text}`;
  if (json[open + space.length] === "}")
    return `${json.slice(0, open)}\n  ${pair}\n${json.slice(open + space.length)}`;
  return `${json.slice(0, open)}${space}${pair},${space || " "}${json.slice(open + space.length)}`;
}

/** Where the values of a key of the outermost object begin and end. */
function findValues(json: string, key: string): { start: number; end: number }[] {
  // Strings whole, so that brackets inside them count for nothing; else one mark or one run of other characters.
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;
  const found: { start: number; end: number }[] = [];
  let depth = 0;
  let name: string | undefined;
  let previous = "";
  let start: number | undefined;
  let end = 0;
  for (const match of json.matchAll(tokens)) {
    const [token] = match;
    const ends = depth === 1 && (token === "," || token === "}");
    if (ends && start !== undefined) {
      found.push({ start, end });
      start = undefined;
    }
    if (token === "}" || token === "]") depth -= 1;
    if (depth === 1 && previous === ":" && name === key) {
      start ??= match.index;
      name = undefined;
    }
    if (depth === 1 && token.startsWith('"') && (previous === "{" || previous === ","))
      name = JSON.parse(token);
    if (token === "{" || token === "[") depth += 1;
    previous = token;
    end = match.index + token.length;
  }
  return found;
}
