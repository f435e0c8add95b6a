import { setupScheduler, type FakeAnswer } from '../testing.js';

const name = 'close_quota_periods';

describe('close_quota_periods', () => {
  let scheduler: Awaited<ReturnType<typeof setupScheduler>>;
  beforeAll(async () => {
    scheduler = await setupScheduler();
  });
  afterAll(() => scheduler.close());

  const runWith = (answers: FakeAnswer[]) => scheduler.runWith(name, answers);

  it('asks tenant-service until nothing is left, and tells how many there were', async () => {
    const { ended, asked } = await runWith([
      [200, { closed: 100, more: true }],
      [200, { closed: 100, more: true }],
      [200, { closed: 7, more: false }],
    ]);
    expect(ended).toMatchObject({ outcome: 'succeeded', result: { closedPeriods: 207 } });
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'POST /internal/v1/quotas/close-periods'));
  });

  it('ends where others are at the same periods', async () => {
    const { ended, asked } = await runWith([[200, { closed: 0, more: true }]]);
    expect(ended).toMatchObject({ outcome: 'succeeded', result: { closedPeriods: 0 } });
    expect(asked).toHaveLength(1);
  });

  it('is tried again where one could not be closed, and fails in the end', async () => {
    const { ended } = await runWith([[500, {}], [200, { closed: 1, more: false }]]);
    expect(ended).toMatchObject({ outcome: 'succeeded', attempt: 2 });
    expect((await runWith([])).ended).toMatchObject({ outcome: 'failed', error: expect.stringContaining('upstream_invalid_answer') });
  });
});
