import { IsObject, IsString, IsTimeZone, Length, ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { EmailAddress } from '../../accounts/dto/email-address.js';
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
  @EmailAddress()
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
