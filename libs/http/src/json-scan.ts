const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;

/** The deepest nesting of brackets outside strings; also of what is no JSON. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === quote) at = endOfString(text, at);
    else if (char === openBrace || char === openBracket) deepest = Math.max(deepest, ++depth);
    else if (char === closeBrace || char === closeBracket) depth--;
  }
  return deepest;
}

/**
 * Whether an object has one name twice, however the two are written.
 *
 * @param json valid: there, a string is a name where a colon follows it, and nowhere else
 */
export function repeatsName(json: string): boolean {
  const objects: (Set<string> | null)[] = [];
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === openBrace) objects.push(new Set());
    else if (char === openBracket) objects.push(null);
    else if (char === closeBrace || char === closeBracket) objects.pop();
    else if (char === quote) {
      const end = endOfString(json, at);
      if (isFollowedByColon(json, end)) {
        const names = objects.at(-1);
        const name = nameIn(json.slice(at, end + 1));
        if (names?.has(name) === true) return true;
        names?.add(name);
      }
      at = end;
    }
  }
  return false;
}

/** Where the string that begins at the quote ends; the end of the text for one without an end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === backslash) at++; // takes the next character with it
    else if (char === quote) return at;
  }
  return text.length;
}

function isFollowedByColon(text: string, end: number): boolean {
  let at = end + 1;
  // Of what may stand there in valid JSON, space alone is not above it.
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === colon;
}

function nameIn(written: string): string {
  return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
}
