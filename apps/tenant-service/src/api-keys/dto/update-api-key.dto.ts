import { IsBoolean, ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { nullableText } from '../../tenants/dto/nullable-text.js';
import { ExpiryTime, KeyName, Networks } from './api-key-fields.js';

/** Absent and null differ here: null is a value, and only `expiresAt` may have it. */
const present = (name: keyof UpdateApiKeyDto) => (dto: UpdateApiKeyDto) => dto[name] !== undefined;

export class UpdateApiKeyDto {
  @ValidateIf(present('name'))
  @KeyName()
  name?: string;

  @ValidateIf(present('active'))
  @IsBoolean()
  @JSONSchema({ description: 'False pauses the key, true takes it up again.' })
  active?: boolean;

  @ValidateIf(present('allowedAddresses'))
  @Networks()
  allowedAddresses?: string[];

  @ValidateIf((dto: UpdateApiKeyDto) => dto.expiresAt !== undefined && dto.expiresAt !== null)
  @ExpiryTime()
  @JSONSchema({ description: 'A time with its zone; null for none.', ...nullableText })
  expiresAt?: string | null;
}
