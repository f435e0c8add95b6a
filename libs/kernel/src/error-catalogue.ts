import type { ErrorKind } from './error-kind.js';
import { Problem, type ProblemExtra } from './problem.js';

/** One failure that callers can be told of. */
export interface ErrorDefinition {
  /** Stable and snake_case. It stands in one catalogue, there under one kind or under several. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** A sentence for the caller, and the meaning in docs/errors.md: no internal fact, no personal data. */
  readonly detail: string;
  /** A sentence on what the caller can do, for docs/errors.md. */
  readonly remedy: string;
  /** Response headers of every answer with it. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What one occurrence adds. `detail` replaces the definition's where the place that fails can say more. */
export interface ErrorOccurrence extends ProblemExtra {
  readonly detail?: string;
}

/** A line of a catalogue. `with` makes what an occurrence adds of the arguments that the entry is called with. */
interface CatalogueLine extends ErrorDefinition {
  readonly with?: (...facts: never[]) => ErrorOccurrence;
}

/** An entry of a catalogue: called, it makes the problem. */
export interface CataloguedError<Facts extends unknown[] = never[]> {
  (...facts: Facts): Problem;
  readonly definition: ErrorDefinition;
}

export type ErrorCatalogue<T extends Readonly<Record<string, CatalogueLine>>> = {
  readonly [Name in keyof T]: CataloguedError<T[Name] extends { readonly with: (...facts: infer Facts) => unknown } ? Facts : []>;
};

/**
 * The failures of a feature, by name: the only source of problems. docs/errors.md and the API document are made
 * from these tables, so what is thrown is documented.
 */
export function defineErrors<const T extends Readonly<Record<string, CatalogueLine>>>(lines: T): ErrorCatalogue<T> {
  const entries = Object.entries(lines).map(([name, line]) => [name, entryOf(line)] as const);
  // What arguments each entry takes is known to its line, and lost in a list of them all.
  return Object.fromEntries(entries) as unknown as ErrorCatalogue<T>;
}

function entryOf({ with: occurrenceOf, ...definition }: CatalogueLine): CataloguedError<unknown[]> {
  const make = (...facts: unknown[]): Problem => {
    const { detail, headers, ...extra } = (occurrenceOf as ((...facts: unknown[]) => ErrorOccurrence) | undefined)?.(...facts) ?? {};
    const all = { ...definition.headers, ...headers };
    return new Problem(definition.code, definition.kind, detail ?? definition.detail, {
      ...extra,
      ...(Object.keys(all).length === 0 ? {} : { headers: all }),
    });
  };
  return Object.assign(make, { definition });
}
