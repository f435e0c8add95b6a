import { jest } from '@jest/globals';
import { Heartbeats } from './heartbeats.js';

describe('Heartbeats', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('beat while a message takes its time, and end with it', async () => {
    let beats = 0;
    {
      using heartbeats = new Heartbeats(async () => void (beats += 1), 1500);
      await jest.advanceTimersByTimeAsync(6000);
      heartbeats.throwIfLost();
    }
    await jest.advanceTimersByTimeAsync(6000);
    expect(beats).toBe(4);
  });

  it('tell by a signal that the partition is lost, and hand on the error that kafkajs rejoins by', async () => {
    const rebalancing = Object.assign(new Error('rebalancing'), { type: 'REBALANCE_IN_PROGRESS' });
    using heartbeats = new Heartbeats(() => Promise.reject(rebalancing), 1500);
    expect(heartbeats.lost.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1500);
    expect(heartbeats.lost.aborted).toBe(true);
    expect(() => heartbeats.throwIfLost()).toThrow(rebalancing);
  });
});
