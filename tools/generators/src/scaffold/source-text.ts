/**
 * Additions to source files at places that they name by a text before them. Where the place is not there, the
 * file has another shape by now, and the addition says so instead of guessing.
 */

/** Adds an element at the end of the list whose `[` or `{` ends `opening`, on a line of its own where the list has lines. */
export function appendToList(text: string, opening: string, element: string): string {
  const start = placeOf(text, opening) + opening.length;
  const end = closingOf(text, start - 1);
  const body = text.slice(start, end);
  if (!body.includes('\n')) return text.slice(0, start) + `${body.trim() === '' ? '' : `${body.trimEnd()}, `}${element}` + text.slice(end);
  const lastLine = text.lastIndexOf('\n', end);
  const indent = `${/^ */.exec(text.slice(lastLine + 1))?.[0] ?? ''}  `;
  const before = text.slice(0, lastLine).trimEnd();
  return `${before}${/[,[{]$/.test(before) ? '' : ','}\n${indent}${element},${text.slice(lastLine)}`;
}

/** Adds an import after the last one, unless the very line is there. */
export function addImport(text: string, line: string): string {
  if (text.includes(`${line}\n`)) return text;
  const imports = [...text.matchAll(/^import [^;]*;\n/gm)];
  const last = imports.at(-1);
  if (last === undefined) throw new Error(`no import to put beside: ${line}`);
  const end = last.index + last[0].length;
  return `${text.slice(0, end)}${line}\n${text.slice(end)}`;
}

/** Adds names to what a file imports or exports by name from another, in a new statement where there is none. */
export function addNames(text: string, statement: 'import' | 'export', names: readonly string[], from: string): string {
  const found = new RegExp(`^${statement} \\{([^}]*)\\} from '${from.replaceAll(/[.]/g, '\\.')}';\n`, 'm').exec(text);
  const fresh = `${statement} { ${[...names].join(', ')} } from '${from}';`;
  if (found === null) return statement === 'import' ? addImport(text, fresh) : `${text.trimEnd()}\n${fresh}\n`;
  const all = [...new Set([...(found[1] ?? '').split(',').map((name) => name.trim()).filter((name) => name !== ''), ...names])];
  return text.replace(found[0], `${statement} { ${all.join(', ')} } from '${from}';\n`);
}

/** What stands in the first bracket of this kind after `before`. */
export function bodyOf(text: string, before: string, bracket: '(' | '[' | '{'): string {
  let start = placeOf(text, before) + before.length;
  // `defineEvent<...>()({...})`: the empty one is not it.
  do start = text.indexOf(bracket, start) + 1;
  while (start > 0 && text[start] === ({ '(': ')', '[': ']', '{': '}' } as const)[bracket]);
  if (start === 0) throw new Error(`nothing in ${bracket} follows "${before}"`);
  return text.slice(start, closingOf(text, start - 1));
}

function placeOf(text: string, part: string): number {
  const place = text.indexOf(part);
  if (place === -1) throw new Error(`there is no "${part}" any more to add to`);
  return place;
}

/** Where the bracket at `start` ends; text in quotes and comments may hold brackets. */
function closingOf(text: string, start: number): number {
  const skipped = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[^]*?\*\//y;
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    skipped.lastIndex = index;
    const skip = skipped.exec(text);
    if (skip !== null) index += skip[0].length - 1;
    else if ('[{('.includes(text[index] ?? '')) depth++;
    else if (']})'.includes(text[index] ?? '') && --depth === 0) return index;
  }
  throw new Error('a list does not end');
}
