import { shape, type Described } from '@plinth/http';

export const exportStatuses = ['waiting', 'ready', 'failed'] as const;

/** Why an export has failed: as an archive it would be too large; a service that has a part of it was away for a day; or something else. */
export const exportFailures = ['too_large', 'source_away', 'internal'] as const;
export type ExportFailure = (typeof exportFailures)[number];

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
  /** The last one, in a code. */
  readonly error: string | null;
}

export const dataExportShape = shape.named(
  'DataExport',
  shape.record({
    id: shape.uuid(),
    tenantId: shape.nullable(shape.uuid('Null: a person’s own.')),
    requestedBy: shape.uuid(),
    status: shape.oneOf(exportStatuses),
    requestedAt: shape.dateTime(),
    failure: shape.nullable(shape.oneOf(exportFailures, 'Why it has failed: the archive would be larger than 64 MiB; what holds a part of it could not be reached for a day; or something else.')),
    endedAt: shape.nullable(shape.dateTime('When the archive was ready, or was given up.')),
    sha256: shape.nullable(shape.text('Of the archive, in hexadecimal; null until it is ready.')),
    sizeBytes: shape.nullable(shape.integer()),
    expiresAt: shape.dateTime('From then on it is not to be had any more.'),
  }),
);
export type DataExportView = Described<typeof dataExportShape>;

export function dataExportView({ id, tenantId, accountId, status, requestedAt, endedAt, sha256, sizeBytes, expiresAt, error }: DataExport): DataExportView {
  return { id, tenantId, requestedBy: accountId, status, failure: status === 'failed' ? failureOf(error) : null, requestedAt: requestedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null, sha256, sizeBytes, expiresAt: expiresAt.toISOString() };
}

function failureOf(error: string | null): ExportFailure {
  return exportFailures.find((known) => known === error) ?? 'internal';
}
