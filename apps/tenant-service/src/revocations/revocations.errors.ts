import { defineErrors } from '@plinth/kernel';

export const revocationErrors = defineErrors({
  stopping: {
    code: 'stopping',
    kind: 'unavailable',
    detail: 'The service is stopping.',
    remedy: 'Follow the feed of another replica.',
    headers: { 'retry-after': '1' },
  },
});
