import type { DataKind } from './data-kinds.js';

/** What the columns of a table hold. Each of them stands in here once, which a test holds against the real tables. */
export interface TableData {
  /** By the kind of personal data, as the privacy notice has it. In a table of persons, its ids and times too: they are about somebody. */
  readonly personal?: Partial<Record<DataKind, readonly string[]>>;
  /** What says nothing of a person, by why. */
  readonly impersonal?: Readonly<Record<string, readonly string[]>>;
}

export type SchemaData = Readonly<Record<string, TableData>>;

/** The names in a text, for tables to be read at a glance. */
export function columns(text: string): readonly string[] {
  return text.split(' ');
}
