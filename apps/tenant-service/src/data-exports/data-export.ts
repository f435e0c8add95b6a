import { shape, type Described } from '@plinth/http';

export const exportStatuses = ['waiting', 'ready', 'failed'] as const;

/** A copy that somebody has asked for. */
export interface DataExport {
  readonly id: string;
  /** Null: a person's own. */
  readonly tenantId: string | null;
  readonly accountId: string;
  readonly requestedAt: Date;
  readonly status: (typeof exportStatuses)[number];
  readonly endedAt: Date | null;
  /** In hexadecimal. */
  readonly sha256: string | null;
  readonly sizeBytes: number | null;
  readonly expiresAt: Date;
}

export const dataExportShape = shape.named(
  'DataExport',
  shape.record({
    id: shape.uuid(),
    tenantId: shape.nullable(shape.uuid('Null: a person’s own.')),
    requestedBy: shape.uuid(),
    status: shape.oneOf(exportStatuses),
    requestedAt: shape.dateTime(),
    endedAt: shape.nullable(shape.dateTime('When the archive was ready, or was given up.')),
    sha256: shape.nullable(shape.text('Of the archive, in hexadecimal; null until it is ready.')),
    sizeBytes: shape.nullable(shape.integer()),
    expiresAt: shape.dateTime('From then on it is not to be had any more.'),
  }),
);
export type DataExportView = Described<typeof dataExportShape>;

export function dataExportView({ id, tenantId, accountId, status, requestedAt, endedAt, sha256, sizeBytes, expiresAt }: DataExport): DataExportView {
  return { id, tenantId, requestedBy: accountId, status, requestedAt: requestedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null, sha256, sizeBytes, expiresAt: expiresAt.toISOString() };
}
