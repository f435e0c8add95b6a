import { defineEvent, field } from './event-definition.js';

/** Somebody asked for a copy of their own data, or of their tenant's. */
export interface DataExportRequestedV1Payload {
  exportId: string;
  tenantId: string | null;
  userId: string;
}

/** Somebody was given the archive. */
export interface DataExportDownloadedV1Payload {
  exportId: string;
  tenantId: string | null;
  by: string;
}

const tenantId = field.described('Null: of a person’s own data.', field.nullable(field.uuid));

export const DataExportRequestedV1 = defineEvent<DataExportRequestedV1Payload>()({
  type: 'data_export.requested',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'data_export',
  description: 'A person asked for a copy of their own data, or an owner for a copy of the tenant’s.',
  schema: field.record({ exportId: field.uuid, tenantId, userId: field.uuid }),
});

export const DataExportDownloadedV1 = defineEvent<DataExportDownloadedV1Payload>()({
  type: 'data_export.downloaded',
  version: 1,
  topic: 'plinth.identity',
  aggregateType: 'data_export',
  description: 'An archive was handed out: each time is told.',
  schema: field.record({ exportId: field.uuid, tenantId, by: field.uuid }),
});
