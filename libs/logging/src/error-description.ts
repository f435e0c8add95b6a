import { types } from 'node:util';
import { fileURLToPath } from 'node:url';
import { idOpaqueFrom, maskText, textOpaqueFrom } from './masking.js';

/** What a log tells of an error. */
export interface ErrorDescription {
  /** The error's class, or the type of what was thrown instead of one. */
  readonly type: string;
  /** A name or number that code gave it: `ECONNREFUSED`, an SQLSTATE, a problem's code. */
  readonly code?: string | number;
  readonly frames?: readonly string[];
  readonly cause?: ErrorDescription;
  /** Of an AggregateError: the first three. */
  readonly errors?: readonly ErrorDescription[];
}

const maxFrames = 12;
const maxDepth = 3;

/**
 * Class, code and frames of an error and of those behind it (three deep). Never its message, nor any other
 * property: database and parser errors quote there what they were given (`detail`, `parameters`, `query`).
 */
export function describeError(error: unknown): ErrorDescription {
  try {
    return describe(error, 0);
  } catch {
    // A property that throws when it is read. Who logs an error has trouble enough.
    return { type: 'unreadable' };
  }
}

interface Readable {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly driverError?: unknown;
  readonly originalError?: unknown;
  readonly errors?: unknown;
}

function describe(error: unknown, depth: number): ErrorDescription {
  if (!isError(error)) return { type: error === null ? 'null' : typeof error };
  // TypeORM and kafkajs kept the error behind one before there was `cause`.
  const behind = error.cause ?? error.driverError ?? error.originalError;
  const many = Array.isArray(error.errors) ? error.errors.filter(isError).slice(0, 3) : [];
  const code = errorCode(error);
  return {
    type: errorType(error),
    ...(code === undefined ? {} : { code }),
    frames: framesOf(error),
    ...(behind !== undefined && behind !== error && depth < maxDepth ? { cause: describe(behind, depth + 1) } : {}),
    ...(many.length > 0 && depth < maxDepth ? { errors: many.map((one) => describe(one, depth + 1)) } : {}),
  };
}

/** Those of another realm (Jest's, a vm's) are errors too. */
function isError(value: unknown): value is Readable {
  return value instanceof Error || types.isNativeError(value);
}

function errorType(error: Readable): string {
  const { name } = error;
  return typeof name === 'string' && /^[A-Za-z_$][\w$]*$/.test(name) ? maskText(name, { opaqueFrom: textOpaqueFrom }) : 'Error';
}

function errorCode({ code }: Readable): string | number | undefined {
  if (typeof code === 'number') return Math.abs(code) < 1e6 ? code : undefined;
  if (typeof code !== 'string' || !/^[\w.:-]{1,64}$/.test(code)) return undefined;
  return maskText(code, { opaqueFrom: textOpaqueFrom });
}

/** `<class>` or `<class>:<code>`, the code of the error behind it where it has none: for a column or a header that tells why. */
export function errorLabel(error: unknown): string {
  const { type, code, cause } = describeError(error);
  if (!isError(error)) return 'UnknownError';
  const told = code ?? cause?.code;
  return told === undefined ? type : `${type}:${told}`;
}

/** The workspace in which this file lies, three folders up from libs/logging/{src,dist}; what is left of a path is enough to find the line. */
const root = fileURLToPath(new URL('../../../', import.meta.url));
const frame = /^ {4}at (?:(?<caller>.+) \()?(?<place>[^()]+:\d+:\d+)\)?$/;

/**
 * The stack's frames, `caller (file:line:column)`. A message may hold lines that look like frames, so the
 * message is cut off first; where it has changed since, nothing says where the frames begin, and none are told.
 */
function framesOf({ message, stack }: Readable): readonly string[] {
  if (typeof stack !== 'string' || typeof message !== 'string') return [];
  const begin = stack.indexOf(message);
  if (begin < 0) return [];
  return stack
    .slice(begin + message.length)
    .split('\n')
    .flatMap((line) => toldFrame(line) ?? [])
    .slice(0, maxFrames);
}

/** Errors come from few places again and again; looking through a line's text costs two microseconds. */
const toldFrames = new Map<string, string | undefined>();
const toldAtMost = 2_000;

function toldFrame(line: string): string | undefined {
  if (toldFrames.has(line)) return toldFrames.get(line);
  if (toldFrames.size >= toldAtMost) toldFrames.clear();
  const told = readFrame(line);
  toldFrames.set(line, told);
  return told;
}

function readFrame(line: string): string | undefined {
  const { caller, place } = frame.exec(line)?.groups ?? {};
  if (place === undefined || /^(?:eval|data:|blob:|https?:)/.test(place)) return undefined;
  const file = place.replace(/^file:\/\//, '').replace(root, '').replace(/\?.*(?=:\d+:\d+$)/, '');
  // `[as x]` names the property that was called, and a property's name may be data; so may a name with odd characters.
  const name = caller?.replace(/ \[as .*\]$/, '');
  const told = name !== undefined && /^(?:async |new )*[\w$.#<>]+$/.test(name) ? `${name} (${file})` : file;
  return maskText(told, { opaqueFrom: idOpaqueFrom });
}
