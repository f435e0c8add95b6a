import { IsOptional, IsUUID, Matches } from 'class-validator';

/** Which part of a tenant's log. */
export class ExportPageQuery {
  /** The sequence below which the part begins; without it from the newest entry on. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,15}$/)
  before?: string;
}

/** Whose logs. */
export class PersonQuery {
  /** The id of the person's account. */
  @IsUUID()
  person!: string;
}

/** Which part of a person's entries in a tenant's log. */
export class PersonPageQuery extends ExportPageQuery {
  /** The id of the person's account. */
  @IsUUID()
  person!: string;

  /** The ids, with commas, of invitations that the person has accepted: what stands of the person in entries about them is under these. */
  @IsOptional()
  @Matches(/^[0-9a-f-]{36}(,[0-9a-f-]{36}){0,99}$/)
  invitations?: string;
}
