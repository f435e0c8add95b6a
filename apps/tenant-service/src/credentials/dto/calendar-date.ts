import { applyDecorators } from '@nestjs/common';
import { IsISO8601, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** A date that there is, as ISO 8601 has it: 2026-11-27. */
export function CalendarDate() {
  return applyDecorators(IsISO8601({ strict: true }), Matches(/^(19|20|21)\d\d-\d\d-\d\d$/, { message: '$property must be a date from 1900 to 2199 (YYYY-MM-DD)' }), JSONSchema({ type: 'string', format: 'date' }));
}
