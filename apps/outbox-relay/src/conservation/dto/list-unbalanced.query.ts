import { services } from '@plinth/contracts';
import { PageQuery } from '@plinth/http';
import { IsIn, IsOptional } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

const sources = services.map(({ name }) => name);

/** `GET /v1/admin/conservation/unbalanced`. */
export class ListUnbalancedQuery extends PageQuery {
  @IsOptional()
  @IsIn(sources)
  @JSONSchema({ description: 'The service that told the events.' })
  source?: string;
}
