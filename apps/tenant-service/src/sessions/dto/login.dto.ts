import { Transform } from 'class-transformer';
import { IsString, MaxLength } from 'class-validator';
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
}
