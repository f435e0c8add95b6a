import { OptionalBody } from '@plinth/http';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

const day = 86_400;
export const defaultOverlapSeconds = day;

@OptionalBody()
export class RotateApiKeyDto {
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(7 * day)
  @JSONSchema({ default: defaultOverlapSeconds, description: 'For so long the old key is taken beside the new one; 0 ends it at once.' })
  overlapSeconds?: number;
}
