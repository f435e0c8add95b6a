import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Max, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { defaultMaxReplays, defaultRatePerSecond, maxReplaysAtMost, ratePerSecondAtMost } from '../redrive-limits.js';
import { withLetterFilters } from './letter-filter.fields.js';

class NoFields {}

/** Which letters are to be sent again. */
export class RedriveFilterDto extends withLetterFilters(NoFields) {
  @IsOptional()
  @IsIn(['pending', 'redriven'])
  @JSONSchema({ default: 'pending', description: '`redriven`: those that were sent, and have been seen neither handled nor back.' })
  status?: 'pending' | 'redriven';

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(999_999)
  @JSONSchema({ description: 'How often it was sent again, at least.' })
  minReplayCount?: number;
}

/** `POST /v1/admin/dead-letters/redrive`. */
export class RedriveDeadLettersDto {
  @IsOptional()
  @ValidateNested()
  @Type(() => RedriveFilterDto)
  filter?: RedriveFilterDto;

  @IsOptional()
  @IsIn([true])
  @JSONSchema({ description: 'All pending letters: said instead of a filter, for an empty one may be a mistake.' })
  all?: true;

  @IsOptional()
  @IsBoolean()
  @JSONSchema({ default: false, description: 'Tells what would be sent, and sends nothing.' })
  dryRun?: boolean;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(ratePerSecondAtMost)
  @JSONSchema({ default: defaultRatePerSecond, description: 'Letters a second, over all replicas.' })
  ratePerSecond?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(maxReplaysAtMost)
  @JSONSchema({ default: defaultMaxReplays, description: `Letters that were sent again so often are left out. More than ${defaultMaxReplays} needs a reason.` })
  maxReplays?: number;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  @JSONSchema({ description: 'For the platform’s audit trail.' })
  reason?: string;
}
