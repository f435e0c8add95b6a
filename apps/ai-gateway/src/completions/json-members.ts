/** A member of a JSON object, as positions in its text. */
export interface JsonMember {
  readonly name: string;
  readonly valueStart: number;
  /** Behind the value's last character. */
  readonly valueEnd: number;
}

export interface JsonMembers {
  /** Behind the opening brace. */
  readonly bodyStart: number;
  readonly members: readonly JsonMember[];
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Where the top-level members of a JSON object stand in its text (RFC 8259), so that one can be
 * replaced and every other byte stays. The text must be one that JSON.parse takes as an object.
 */
export function membersOf(text: string): JsonMembers {
  const bodyStart = text.indexOf('{') + 1;
  const members: JsonMember[] = [];
  let at = skipSpace(text, bodyStart);
  while (at < text.length && text.charCodeAt(at) === quote) {
    const nameEnd = endOfString(text, at);
    // Escapes count: `"str\u0065am"` is `stream` to whoever reads the body next.
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    const valueStart = skipSpace(text, text.indexOf(':', nameEnd) + 1);
    const valueEnd = endOfValue(text, valueStart);
    members.push({ name, valueStart, valueEnd });
    at = skipSpace(text, valueEnd);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return { bodyStart, members };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

/** @param from of the opening quote @returns behind the closing one */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === backslash) at += 1;
    else if (char === quote) return at + 1;
  }
  return text.length;
}

function endOfValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return endOfString(text, from);
  if (first === '{' || first === '[') return endOfNested(text, from);
  let at = from;
  while (at < text.length && !',}] \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}

function endOfNested(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === quote) at = endOfString(text, at) - 1;
    else if (char === 0x7b || char === 0x5b) depth += 1;
    else if (char === 0x7d || char === 0x5d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
