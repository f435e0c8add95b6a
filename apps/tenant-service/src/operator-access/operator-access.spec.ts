import { operatorAccessMinutes } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { asOf, end, grant, isOver, operatorAccessView, refuse, requestedAccess, type OperatorAccess } from './operator-access.js';

const now = new Date('2026-11-27T12:00:00.000Z');
const after = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const by = newId();

const asked = (minutes = 60) => requestedAccess({ id: newId(), tenantId: newId(), operatorId: newId(), capabilities: ['tenant.read'], reason: 'Ticket 4711', minutes, now });
const notOpen = expect.objectContaining({ code: 'operator_access_not_open', status: 409 }) as Error;

describe('an operator’s access', () => {
  it('waits a day for its answer, and holds for as long as was asked, from the answer on', () => {
    const access = asked(30);
    expect(access).toMatchObject({ status: 'requested', answerBy: after(operatorAccessMinutes.untilAnswered), expiresAt: null, version: 1 });
    expect(grant(access, by, after(600))).toMatchObject({ status: 'granted', decidedBy: by, decidedAt: after(600), expiresAt: after(630), version: 2 });
    expect(grant(access, null, now)).toMatchObject({ decidedBy: null, expiresAt: after(30) });
  });

  const steps: Record<string, (access: OperatorAccess, at: Date) => OperatorAccess> = {
    grant: (access, at) => grant(access, by, at),
    refuse: (access, at) => refuse(access, 'tenant', by, at),
    end: (access, at) => end(access, 'tenant', by, at),
  };
  const states: Record<string, OperatorAccess> = { requested: asked(), granted: grant(asked(), by, now), refused: refuse(asked(), 'tenant', by, now), ended: end(grant(asked(), by, now), 'operator', by, now) };
  const allowed = ['requested grant', 'requested refuse', 'granted end'];

  it.each(Object.keys(states).flatMap((state) => Object.keys(steps).map((step): [string, string] => [state, step])))('that is %s: %s leads on only where there is a way', (state, step) => {
    const take = () => steps[step]?.(states[state] as OperatorAccess, after(1));
    if (!allowed.includes(`${state} ${step}`)) return expect(take).toThrow(notOpen);
    expect(take()).toMatchObject({ version: (states[state]?.version ?? 0) + 1 });
  });

  it('is over by the clock at its very end, whatever its row says, and cannot be answered or ended then', () => {
    const [waiting, held] = [asked(), grant(asked(), by, now)];
    const day = operatorAccessMinutes.untilAnswered;
    expect([isOver(waiting, after(day - 1)), isOver(waiting, after(day)), isOver(held, after(59)), isOver(held, after(60))]).toEqual([false, true, false, true]);
    expect(() => grant(waiting, by, after(day))).toThrow(notOpen);
    expect(() => refuse(waiting, 'tenant', by, after(day))).toThrow(notOpen);
    expect(() => end(held, 'tenant', by, after(60))).toThrow(notOpen);
  });

  it('shows as ended at its end, and as refused where nobody answered, before anybody has written it down', () => {
    const [waiting, held] = [asked(), grant(asked(), by, now)];
    expect(asOf(held, after(59))).toBe(held);
    expect(asOf(held, after(500))).toMatchObject({ status: 'ended', cause: 'expired', endedAt: after(60), endedBy: null });
    expect(asOf(waiting, after(2000))).toMatchObject({ status: 'refused', cause: 'unanswered', decidedAt: waiting.answerBy, decidedBy: null });
    const ended = end(held, 'tenant', by, after(1));
    expect(asOf(ended, after(500))).toBe(ended);
    expect(operatorAccessView(ended)).toMatchObject({ status: 'ended', cause: 'tenant', endedBy: by, endedAt: after(1).toISOString(), expiresAt: after(60).toISOString() });
  });
});
