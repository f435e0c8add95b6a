import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, MaxLength, MinLength, ValidateNested } from 'class-validator';
import { EmailAddress } from './email-address.js';
import { passwordLength } from '../../passwords/password-rules.js';

export class ConsentDto {
  @IsString()
  @Length(1, 100)
  document!: string;

  @IsString()
  @Length(1, 100)
  version!: string;
}

export class RegisterDto {
  @EmailAddress()
  email!: string;

  /** Bounded above, for hashing costs time by length; below by NIST SP 800-63B. */
  @IsString()
  @MinLength(passwordLength.min)
  @MaxLength(passwordLength.max)
  password!: string;

  @IsString()
  @Length(1, 200)
  tenantName!: string;

  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => ConsentDto)
  consents!: ConsentDto[];
}
