import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { normalizeEmail } from '../../accounts/dto/email-address.js';

/** Looser than sign-up: whatever is not an account's is answered 401, not how it is malformed. */
export class LoginDto {
  @Transform(normalizeEmail)
  @IsString()
  @MaxLength(254)
  email!: string;

  @IsString()
  @MaxLength(200)
  password!: string;

  /** Of the authenticator app, or a recovery code: where the account asks for one. */
  @IsOptional()
  @IsString()
  @Length(1, 40)
  code?: string;

  /** How the session is shown from now on: by tokens in the answer, or by a cookie that a browser keeps. */
  @IsOptional()
  @IsIn(['token', 'cookie'])
  session?: 'token' | 'cookie';
}
