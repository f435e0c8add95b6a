import { Transform } from 'class-transformer';
import { IsEmail, IsObject, IsString, IsTimeZone, Length, MaxLength, ValidateIf } from 'class-validator';
import { normalizeEmail } from '../../accounts/dto/register.dto.js';
import type { Settings, TenantChanges } from '../tenant.entity.js';

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
  contactEmail?: string | null;

  /** A name of the IANA time zone database. */
  @ValidateIf(present('timeZone'))
  @IsTimeZone()
  timeZone?: string;

  /** JSON merge patch. */
  @ValidateIf(present('settings'))
  @IsObject()
  settings?: Settings;
}
