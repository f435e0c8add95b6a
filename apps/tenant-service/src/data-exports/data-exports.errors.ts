import { defineErrors } from '@plinth/kernel';

export const dataExportErrors = defineErrors({
  notFound: {
    code: 'export_not_found',
    kind: 'not_found',
    detail: 'There is no such export, or it has expired.',
    remedy: 'Take the id from the list, or ask for another one.',
  },
  notReady: {
    code: 'export_not_ready',
    kind: 'conflict',
    detail: 'The archive is not ready, or could not be made.',
    remedy: 'Read the export’s status: wait while it is `waiting`, ask for another one where it is `failed`.',
  },
  pending: {
    code: 'export_pending',
    kind: 'conflict',
    detail: 'There is an export that is not ready yet.',
    remedy: 'Wait for that one.',
  },
  tooMany: {
    code: 'exports_too_many',
    kind: 'throttled',
    detail: 'So many exports were asked for lately that this one was not taken on.',
    remedy: 'Use the last one, or wait: five a day.',
    headers: { 'retry-after': '3600' },
  },
});
