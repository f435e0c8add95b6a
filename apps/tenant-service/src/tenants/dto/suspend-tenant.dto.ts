import { IsString, Length } from 'class-validator';

export class SuspendTenantDto {
  /** For the tenant's audit trail, which its owner reads. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}
