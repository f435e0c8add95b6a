import { defineErrors } from '@plinth/kernel';

export const retentionErrors = defineErrors({
  classUnknown: {
    code: 'retention_class_unknown',
    kind: 'not_found',
    detail: 'There is no such class of data that a tenant decides of.',
    remedy: 'GET /v1/tenants/{id}/retention lists them; those of the platform are not the tenant’s to change.',
  },
  outOfBounds: {
    code: 'retention_days_out_of_bounds',
    kind: 'invalid',
    detail: 'The days are fewer or more than this class of data may be kept.',
    remedy: 'Choose between `minDays` and `maxDays`, or null for the platform’s default.',
  },
});
