import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { isUuid, type FieldError } from '@plinth/kernel';
import { looksSensitive } from '@plinth/logging';
import { validate, type ValidationError } from 'class-validator';
import { httpErrors } from './http.errors.js';
import { isOptionalBody } from './optional-body.js';
import { toDto, type DtoClass } from './to-dto.js';

const primitives: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object]);

/**
 * Turns bodies and queries into their DTOs. Unknown members are refused, never dropped: a caller who
 * misspells a field is told so.
 *
 * @throws Problem `validation_failed` (422) for a body, `query_invalid` (400) for a query, `body_required` (400)
 */
@Injectable()
export class DtoPipe implements PipeTransform {
  /** Only bodies and queries that are declared as a class are judged; everything else passes as it is. */
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (metatype === undefined || primitives.has(metatype) || (type !== 'body' && type !== 'query')) return value;
    if (type === 'body' && value === undefined && !isOptionalBody(metatype)) throw httpErrors.bodyRequired();
    const { dto, refused } = toDto(metatype as DtoClass, value ?? {});
    const errors = await validate(dto as object, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
    const details = [...refused.map((pointer) => ({ pointer, detail: 'is a property that should not exist' })), ...errors.flatMap((error) => fieldErrors(error, ''))];
    if (details.length === 0) return dto;
    throw type === 'query' ? httpErrors.queryInvalid(details) : httpErrors.validationFailed(details);
  }
}

/** A name that somebody may have misspelt; anything else could be the secret that was meant for another place. */
const plainName = /^[A-Za-z_]\w{0,39}$/;

function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const isUnknown = error.constraints?.['whitelistValidation'] !== undefined;
  if (isUnknown && (!plainName.test(error.property) || looksSensitive(error.property))) return [{ pointer: parent, detail: 'has a property that should not exist' }];
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.values(error.constraints ?? {}).map((detail) => ({ pointer, detail }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, pointer))];
}

/** Path parameter that must be a UUID. @throws Problem `id_malformed` (400) */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  /** @returns the id in lower case, as PostgreSQL writes it */
  transform(value: string): string {
    if (!isUuid(value)) throw httpErrors.idMalformed();
    return value.toLowerCase();
  }
}
