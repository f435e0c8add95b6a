// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- what declares a module can only be referred to
/// <reference path="./class-transformer-storage.d.ts" />
import { plainToInstance } from 'class-transformer';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';

export type DtoClass = new () => object;

/** What became of a value that was read as a DTO. */
export interface ReadDto {
  readonly dto: unknown;
  /** RFC 6901 pointers to members that no DTO can have, for every object has them: `constructor`, `toString`, ... */
  readonly refused: readonly string[];
}

/**
 * A parsed body or query as its DTO: single values transformed where a member says how (`@Transform`), DTOs inside where a
 * member says which (`@Type`), and every other object or array exactly as it was sent.
 *
 * class-transformer itself walks into what has no type, calls what it finds under `constructor` there, and drops members
 * that are called like a method of objects. So it is given single values alone.
 */
export function toDto(type: DtoClass, value: unknown, pointer = ''): ReadDto {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { dto: value, refused: [] };
  const refused: string[] = [];
  const single: Record<string, unknown> = {};
  const compound: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
    const inner = innerType(type, name);
    if (name in Object.prototype) refused.push(`${pointer}/${name}`);
    else if (typeof member !== 'object' || member === null) single[name] = member;
    else if (inner === undefined) compound[name] = member;
    else compound[name] = readInner(inner, member, `${pointer}/${name}`, refused);
  }
  return { dto: Object.assign(plainToInstance(type, single), compound), refused };
}

function readInner(type: DtoClass, value: unknown, pointer: string, refused: string[]): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, index) => readInner(type, item, `${pointer}/${index}`, refused));
  const read = toDto(type, value, pointer);
  refused.push(...read.refused);
  return read.dto;
}

function innerType(type: DtoClass, name: string): DtoClass | undefined {
  const found: unknown = defaultMetadataStorage.findTypeMetadata(type, name)?.typeFunction();
  return typeof found === 'function' ? (found as DtoClass) : undefined;
}
