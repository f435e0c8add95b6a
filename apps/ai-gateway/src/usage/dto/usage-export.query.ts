import { IsOptional, IsUUID, Matches } from 'class-validator';

/** Which part of a tenant's usage. */
export class UsageExportQuery {
  /** The id of a person's account: only what they used in a session of their own. Without it all of the tenant's. */
  @IsOptional()
  @IsUUID()
  person?: string;

  /** `next` of the part before; without it from the newest record on. */
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  before?: string;
}
