import { IsString, Length, MaxLength } from 'class-validator';
import { EmailAddress } from '../../accounts/dto/email-address.js';

export class ChangeEmailDto {
  /** The account's; whatever is not is answered 403, not how it is malformed. */
  @IsString()
  @MaxLength(200)
  password!: string;

  /** The address that is to be the account's. */
  @EmailAddress()
  email!: string;
}

export class ConfirmEmailChangeDto {
  /** As the mail has it. */
  @IsString()
  @Length(1, 200)
  token!: string;
}
