import { defineErrors } from '@plinth/kernel';

export const healthErrors = defineErrors({
  notReady: {
    code: 'not_ready',
    kind: 'unavailable',
    detail: 'The service cannot serve now.',
    remedy: 'See in `health` what it waits for; send it no requests until it is ready.',
    headers: { 'retry-after': '1' },
    with: (health: unknown) => ({ members: { health } }),
  },
  draining: {
    code: 'draining',
    kind: 'unavailable',
    detail: 'The service is about to end; what it is still sent it serves.',
    remedy: 'Send further requests to another replica.',
    headers: { 'retry-after': '1' },
    with: () => ({ members: { health: { status: 'draining', details: {} } } }),
  },
});
