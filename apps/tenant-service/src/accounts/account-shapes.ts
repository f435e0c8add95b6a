import { shape } from '@plinth/http';
import { tenantShape } from '../tenants/tenant.entity.js';

export const registeredShape = shape.named(
  'Registered',
  shape.record({
    user: shape.named('User', shape.record({ id: shape.uuid(), email: shape.text(), createdAt: shape.dateTime() })),
    tenant: tenantShape,
  }),
);
