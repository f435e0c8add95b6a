import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, IsString, IsTimeZone, Length, MaxLength } from 'class-validator';
import { normalizeEmail } from '../../accounts/dto/register.dto.js';

export class CreateTenantDto {
  @IsString()
  @Length(1, 200)
  name!: string;

  @IsOptional()
  @Transform(normalizeEmail)
  @IsEmail()
  @MaxLength(254)
  contactEmail?: string;

  @IsOptional()
  @IsTimeZone()
  timeZone?: string;
}
