import { quotaMetricNames, maxQuotaUnits, type QuotaMetric } from '@plinth/contracts';
import type { EndedBlock, LeaseRequest, QuotaSubject, ReserveRequest, SettleRequest } from '@plinth/quotas';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsUUID, Max, Min, ValidateNested } from 'class-validator';

/** Blocks that are told of in one call; a holder has a few of each tenant. */
const maxEndedBlocks = 100;

export class QuotaSubjectDto implements QuotaSubject {
  @IsUUID()
  tenantId!: string;

  @IsIn(quotaMetricNames)
  metric!: QuotaMetric;
}

export class ReserveDto extends QuotaSubjectDto implements ReserveRequest {
  @IsUUID()
  reservationId!: string;

  @IsInt()
  @Min(1)
  @Max(maxQuotaUnits)
  units!: number;

  @IsInt()
  @Min(1)
  @Max(86_400)
  ttlSeconds!: number;
}

export class ReleaseDto extends QuotaSubjectDto {
  @IsUUID()
  reservationId!: string;
}

export class SettleDto extends ReleaseDto implements SettleRequest {
  @IsInt()
  @Min(0)
  @Max(maxQuotaUnits)
  units!: number;
}

export class EndedBlockDto implements EndedBlock {
  @IsUUID()
  leaseId!: string;

  @IsInt()
  @Min(0)
  @Max(maxQuotaUnits)
  used!: number;
}

export class EndBlocksDto extends QuotaSubjectDto {
  @IsArray()
  @ArrayMaxSize(maxEndedBlocks)
  @ValidateNested({ each: true })
  @Type(() => EndedBlockDto)
  ended!: EndedBlockDto[];
}

export class LeaseDto extends EndBlocksDto implements LeaseRequest {
  @IsUUID()
  leaseId!: string;

  @IsInt()
  @Min(1)
  @Max(maxQuotaUnits)
  units!: number;

  @IsInt()
  @Min(1)
  @Max(maxQuotaUnits)
  atLeast!: number;
}
