// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- what declares a module can only be referred to
/// <reference path="../class-transformer-storage.d.ts" />
import type { JsonSchema } from '@plinth/contracts';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { targetConstructorToSchema } from 'class-validator-jsonschema';

type DtoClass = new () => object;

const refPrefix = '#/components/schemas/';

/** Where class-validator's own words would say less or other than the checks do. */
const converters = {
  // A day or a time: which of them, and that it has its zone, the pattern beside it says.
  isIso8601: { type: 'string' },
  isTimeZone: { type: 'string', description: 'A name of the IANA time zone database.' },
  isObject: { type: 'object' },
} as const;

/**
 * The JSON Schema of a DTO by its class-validator decorators; nested ones are referred to by name, and named in `nested`.
 * Members that are not named are refused (`DtoPipe`), so no schema takes any.
 */
export function dtoSchema(dto: DtoClass): { readonly schema: JsonSchema; readonly nested: readonly DtoClass[] } {
  const schema = targetConstructorToSchema(dto, {
    refPointerPrefix: refPrefix,
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: converters,
  }) as JsonSchema;
  return { schema: { ...schema, additionalProperties: false }, nested: nestedIn(dto) };
}

/** The classes that `@Type` names for the members. */
function nestedIn(dto: DtoClass): DtoClass[] {
  const members = Object.keys(((targetConstructorToSchema(dto) as { properties?: object }).properties ?? {}));
  return members.map((name) => defaultMetadataStorage.findTypeMetadata(dto, name)?.typeFunction()).filter((type): type is DtoClass => typeof type === 'function' && type !== Date);
}
