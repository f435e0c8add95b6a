import { EmailAddress } from '../../accounts/dto/email-address.js';

/** To whom something is to be sent, if an account has the address. */
export class AddressDto {
  @EmailAddress()
  email!: string;
}
