import { IsString, MaxLength } from 'class-validator';
import { passwordLength } from '../../passwords/password-rules.js';

/** A copy of everything is worth as much as the account: a stolen session is not enough. */
export class RequestExportDto {
  /** The caller's own. */
  @IsString()
  @MaxLength(passwordLength.max)
  password!: string;
}
