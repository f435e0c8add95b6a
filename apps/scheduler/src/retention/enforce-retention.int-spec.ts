import { setupScheduler, type FakeAnswer } from '../testing.js';

const name = 'enforce_retention';
const counts = (invitations: number, held = 0) => ({ deleted: { ended_invitations: invitations, ended_sessions: 1 }, held: { ended_invitations: held } });

describe('enforce_retention', () => {
  let scheduler: Awaited<ReturnType<typeof setupScheduler>>;
  beforeAll(async () => {
    scheduler = await setupScheduler();
  });
  afterAll(() => scheduler.close());

  const runWith = (answers: FakeAnswer[]) => scheduler.runWith(name, answers);

  it('asks tenant-service until nothing is left, and tells how much of what went and how much is held', async () => {
    const { ended, asked } = await runWith([
      [200, { ...counts(50_000, 3), more: true }],
      [200, { ...counts(7, 2), more: false }],
    ]);
    expect(ended).toMatchObject({ outcome: 'succeeded', result: { ended_invitations: 50_007, ended_sessions: 2, ended_api_keys: 0, obsolete_consents: 0, held: 2 } });
    expect(asked).toEqual(['POST /internal/v1/retention/enforce', 'POST /internal/v1/retention/enforce']);
  });

  it('is tried again where a class failed, and fails in the end', async () => {
    expect((await runWith([[500, {}], [200, { ...counts(1), more: false }]])).ended).toMatchObject({ outcome: 'succeeded', attempt: 2 });
    expect((await runWith([])).ended).toMatchObject({ outcome: 'failed' });
  });
});
