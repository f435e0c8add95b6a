import { OptionalBody } from '@plinth/http';
import { IsOptional, IsString, Length } from 'class-validator';

export class SuspendTenantDto {
  /** For the tenant's audit trail, which its owner reads. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}

/** Of the other steps of a tenant's life, which may speak for themselves. */
@OptionalBody()
export class ChangeStatusDto {
  /** For the tenant's audit trail. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}
