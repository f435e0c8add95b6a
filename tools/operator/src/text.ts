import { ageText } from '@plinth/dev-stack';

/** A value for a table: on one line, without what would move a terminal's cursor. */
export function cell(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '-' : String(value).replace(/\p{Cc}/gu, '?');
}

/** How long ago a moment was. */
export function agoText(moment: string | null, now = Date.now()): string {
  return moment === null ? '-' : `${ageText(Math.max(0, (now - Date.parse(moment)) / 1000))} ago`;
}

/** An object's plain members, a line each; what is null is left out. */
export function fieldLines(object: object): string[] {
  const known = (Object.entries(object) as [string, Parameters<typeof cell>[0] | object][]).filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : cell(value)}`);
}
