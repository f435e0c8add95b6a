import { Transform } from 'class-transformer';
import { IsEmail, IsObject, IsString, IsTimeZone, Length, MaxLength, ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { normalizeEmail } from '../../accounts/dto/register.dto.js';
import type { Settings, TenantChanges } from '../tenant.entity.js';
import { nullableText } from './nullable-text.js';

/** Absent and null differ here: null is a value, and only `contactEmail` may have it. */
const present = (name: keyof TenantChanges) => (dto: object) => name in dto && (dto as TenantChanges)[name] !== undefined;

export class UpdateTenantDto implements TenantChanges {
  @ValidateIf(present('name'))
  @IsString()
  @Length(1, 200)
  name?: string;

  @ValidateIf((dto: UpdateTenantDto) => present('contactEmail')(dto) && dto.contactEmail !== null)
  @Transform(normalizeEmail)
  @IsEmail()
  @MaxLength(254)
  @JSONSchema({ description: 'Null for none.', ...nullableText })
  contactEmail?: string | null;

  @ValidateIf(present('timeZone'))
  @IsTimeZone()
  timeZone?: string;

  @ValidateIf(present('settings'))
  @IsObject()
  @JSONSchema({ description: 'A JSON merge patch (RFC 7396): null removes a member.' })
  settings?: Settings;
}
