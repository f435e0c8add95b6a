import fc from 'fast-check';
import { newId } from '@plinth/kernel';
import { asOf, credentialRecord, credentialView, endOf, isToBeWarnedOf, reject, submitted, verify, warned, withdraw, type Credential } from './credential.js';

const dayMs = 86_400_000;
const now = new Date('2026-11-27T12:00:00.000Z');
const after = (days: number) => new Date(now.getTime() + days * dayMs);
const [member, verifier] = [newId(), newId()];
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

const submit = (over: { issuedOn?: string; expiresOn?: string } = {}) =>
  submitted({ id: newId(), tenantId: newId(), accountId: member, kind: 'professional_engineer_licence', issuer: 'Board', issuedOn: '2024-01-01', expiresOn: '2027-01-31', now, ...over });

describe('a credential', () => {
  it('counts through its last day, and not a moment longer', () => {
    expect(endOf('2026-12-31').toISOString()).toBe('2027-01-01T00:00:00.000Z');
    const verified = verify(submit({ expiresOn: '2026-11-27' }), verifier, now);
    expect(asOf(verified, new Date('2026-11-27T23:59:59.999Z')).status).toBe('verified');
    expect(asOf(verified, new Date('2026-11-28T00:00:00.000Z')).status).toBe('expired');
  });

  it.each([
    ['over', { expiresOn: '2026-11-26' }],
    ['issued the day after tomorrow', { issuedOn: '2026-11-29' }],
    ['over before it was issued', { issuedOn: '2026-11-27', expiresOn: '2026-11-26' }],
  ])('is not taken that is %s', (_, dates) => {
    expect(() => submit(dates)).toThrow(code('credential_dates_invalid'));
  });

  it('is decided by another than its member, once, and not verified behind its end', () => {
    const waiting = submit();
    for (const own of [() => verify(waiting, member, now), () => reject(waiting, member, 'x', now)]) expect(own).toThrow(code('credential_own'));
    expect(verify(waiting, verifier, now)).toMatchObject({ status: 'verified', decidedBy: verifier, decidedAt: now, version: 2 });
    expect(reject(waiting, verifier, 'not in the register', now)).toMatchObject({ status: 'rejected', reason: 'not in the register' });
    expect(() => verify(waiting, verifier, waiting.expiresAt)).toThrow(code('credential_not_open'));
    expect(reject(waiting, verifier, 'over', waiting.expiresAt).status).toBe('rejected');
  });

  it('is taken back by its member while it waits or counts, by another only when it counts', () => {
    const [waiting, counting] = [submit(), verify(submit(), verifier, now)];
    expect([withdraw(waiting, member, null, now).status, withdraw(counting, member, null, now).status, withdraw(counting, verifier, 'struck off', now).status]).toEqual(Array(3).fill('withdrawn'));
    expect(() => withdraw(waiting, verifier, 'x', now)).toThrow(code('credential_not_open'));
    for (const by of [member, verifier]) expect(() => withdraw(counting, by, null, counting.expiresAt)).toThrow(code('credential_not_open'));
  });

  it('is told of once, within 30 days of its end', () => {
    const counting = verify(submit(), verifier, now);
    const days = (Number(counting.expiresAt) - Number(now)) / dayMs;
    expect([after(0), after(days - 30.01), after(days - 30), after(days - 0.01), after(days)].map((at) => isToBeWarnedOf(counting, at))).toEqual([false, false, true, true, false]);
    expect(isToBeWarnedOf(warned(counting, after(days - 30)), after(days - 29))).toBe(false);
    expect(isToBeWarnedOf(submit(), after(days - 1))).toBe(false);
  });

  it('shows no number, and to the trail not who issued it', () => {
    expect(Object.keys(credentialView(submit()))).not.toContain('number');
    expect(credentialRecord(submit())).toEqual({ kind: 'professional_engineer_licence', issuedOn: '2024-01-01', expiresOn: '2027-01-31', status: 'submitted' });
  });

  it('counts only between a verification by another and its end, whatever is tried in whatever order', () => {
    const steps = ['verify', 'reject', 'withdraw'] as const;
    const tries = fc.array(fc.record({ step: fc.constantFrom(...steps), by: fc.constantFrom(member, verifier), days: fc.integer({ min: 0, max: 40 }) }), { maxLength: 12 });
    fc.assert(
      fc.property(tries, (attempts) => {
        let credential: Credential = submit();
        let at = now;
        let verifiedAt: Date | null = null;
        for (const { step, by, days } of attempts) {
          at = new Date(at.getTime() + days * dayMs);
          const before = credential;
          try {
            credential = step === 'verify' ? verify(before, by, at) : step === 'reject' ? reject(before, by, 'x', at) : withdraw(before, by, 'x', at);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^credential_(own|not_open)$/) as string });
            continue;
          }
          expect(credential.version).toBe(before.version + 1);
          if (step !== 'withdraw') expect([by, before.status]).toEqual([verifier, 'submitted']);
          verifiedAt = step === 'verify' ? at : null;
        }
        const counts = asOf(credential, at).status === 'verified';
        expect(counts).toBe(verifiedAt !== null && at < credential.expiresAt);
      }),
      { numRuns: 300 },
    );
  });
});
