import { credentialKinds, type CredentialKind } from '@plinth/contracts';
import { PageQuery } from '@plinth/http';
import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { credentialStatuses, type CredentialStatus } from '../credential.js';
import { CalendarDate } from './calendar-date.js';

export class SubmitCredentialDto {
  @IsIn(credentialKinds)
  kind!: CredentialKind;

  /** As it stands on the credential. Stored encrypted; shown to its member and to who may verify. */
  @IsString()
  @Length(1, 100)
  @Matches(/\S/)
  number!: string;

  /** Who issued it. */
  @IsString()
  @Length(1, 200)
  @Matches(/\S/)
  issuer!: string;

  @CalendarDate()
  issuedOn!: string;

  /** The last day on which it counts. */
  @CalendarDate()
  expiresOn!: string;
}

export class CredentialReasonDto {
  /** For the member, and for the audit trail. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}

export class ListCredentialsQuery extends PageQuery {
  @IsOptional()
  @IsIn(credentialStatuses)
  status?: CredentialStatus;

  @IsOptional()
  @IsIn(credentialKinds)
  kind?: CredentialKind;

  /** Only those whose last day is this one or an earlier one. */
  @IsOptional()
  @CalendarDate()
  expiresUntil?: string;
}
