import { Transform, Type, type TransformFnParams } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsEmail, IsString, Length, MaxLength, MinLength, ValidateNested } from 'class-validator';
import { passwordLength } from '../../passwords/password-rules.js';

/** E-mail addresses are compared without case and surrounding space. */
export const normalizeEmail = ({ value }: TransformFnParams): unknown => (typeof value === 'string' ? value.trim().toLowerCase() : value);

export class ConsentDto {
  @IsString()
  @Length(1, 100)
  document!: string;

  @IsString()
  @Length(1, 100)
  version!: string;
}

export class RegisterDto {
  @Transform(normalizeEmail)
  @IsEmail()
  @MaxLength(254)
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
