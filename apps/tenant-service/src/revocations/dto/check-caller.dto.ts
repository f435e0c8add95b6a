import { IsOptional, IsUUID } from 'class-validator';
import type { CallerInQuestion } from '../revocations.repository.js';

export class CheckCallerDto implements CallerInQuestion {
  @IsOptional()
  @IsUUID()
  tenantId?: string;

  @IsOptional()
  @IsUUID()
  sessionId?: string;

  @IsOptional()
  @IsUUID()
  apiKeyId?: string;
}
