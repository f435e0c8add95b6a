import { expiryOf } from './session-lifetime.js';

describe('expiryOf', () => {
  const signedIn = new Date('2026-01-01T00:00:00Z');
  const daysLater = (days: number) => new Date(signedIn.getTime() + days * 86_400_000);

  it('is 30 days after the last use, and 90 days after sign-in at the latest', () => {
    expect([0, 10, 59, 60, 61, 89].map((used) => (expiryOf(signedIn, daysLater(used)).getTime() - signedIn.getTime()) / 86_400_000)).toEqual([30, 40, 89, 90, 90, 90]);
  });
});
