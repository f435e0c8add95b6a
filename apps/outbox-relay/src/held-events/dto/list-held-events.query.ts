import { services } from '@plinth/contracts';
import { PageQuery } from '@plinth/http';
import { IsIn, IsOptional, IsString, IsUUID, Length } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { listedStatuses, type ListedStatus } from '../held-event-view.js';

const sources = services.map(({ name }) => name);

/** `GET /v1/admin/outbox/events`: every filter narrows the list. */
export class ListHeldEventsQuery extends PageQuery {
  @IsOptional()
  @IsIn(sources)
  @JSONSchema({ description: 'The service whose events they are.' })
  source?: string;

  @IsOptional()
  @IsIn(listedStatuses)
  @JSONSchema({ description: '`processing` waits for its next try, `failed` for an operator; `skipped` was given up and holds nothing. Absent: the first two.' })
  status?: ListedStatus;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  @JSONSchema({ description: 'Without the version, as `tenant.updated`.' })
  eventType?: string;

  @IsOptional()
  @IsUUID()
  tenantId?: string;
}
