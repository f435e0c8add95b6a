import { IsOptional, IsString, IsTimeZone, Length } from 'class-validator';
import { EmailAddress } from '../../accounts/dto/email-address.js';

export class CreateTenantDto {
  @IsString()
  @Length(1, 200)
  name!: string;

  @IsOptional()
  @EmailAddress()
  contactEmail?: string;

  @IsOptional()
  @IsTimeZone()
  timeZone?: string;
}
