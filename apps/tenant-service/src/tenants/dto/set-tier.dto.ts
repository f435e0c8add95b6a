import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { tenantTiers, type TenantTier } from '../tenant.entity.js';

export class SetTierDto {
  @IsIn(tenantTiers)
  tier!: TenantTier;

  /** For the tenant's audit trail. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}
