import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** docs/guides/consumer-in-another-language.md, as a reader has it. */
const guide = readFileSync(resolve(import.meta.dirname, '../../../../docs/guides/consumer-in-another-language.md'), 'utf8');
const [, python = ''] = /^```python\n([^]*?)^```$/m.exec(guide) ?? [];

/** A text that the guide's program names in capitals. @throws Error where it names none such */
export function constantOf(name: string): string {
  const [, long, short] = new RegExp(`^${name} = (?:"""([^]*?)"""|"([^"\\n]*)"$)`, 'm').exec(python) ?? [];
  const text = long ?? short;
  if (text === undefined) throw new Error(`the guide's program has no ${name}`);
  return text;
}

/** A statement of the guide's program, with its parameters (`%(name)s`) numbered as PostgreSQL's protocol has them. */
export function statementOf(name: string): (parameters: Readonly<Record<string, unknown>>) => { text: string; values: unknown[] } {
  const source = constantOf(name);
  const names = [...new Set([...source.matchAll(/%\((\w+)\)s/g)].map(([, one]) => one ?? ''))];
  const text = source.replace(/%\((\w+)\)s/g, (_, one: string) => `$${names.indexOf(one) + 1}`);
  return (parameters) => ({ text, values: names.map((one) => parameters[one]) });
}

/** The headers of a dead letter that the guide's table lists. */
export function letterHeaders(): string[] {
  const table = guide.slice(guide.indexOf('| header of a dead letter |'), guide.indexOf('## In Python'));
  return [...table.matchAll(/`(dlq_\w+)`/g)].map(([, name]) => name ?? '');
}
