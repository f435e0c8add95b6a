import { atMostEvery } from './cached-look-up.js';

describe('a look-up before a scrape', () => {
  it('is asked once for many scrapes within its interval, and again after it', async () => {
    let asked = 0;
    const often = atMostEvery({ minIntervalMs: 60_000 }, async () => void asked++);
    await Promise.all([often(), often()]);
    await often();
    expect(asked).toBe(1);
    const always = atMostEvery({ minIntervalMs: 0 }, async () => void asked++);
    await always();
    await always();
    expect(asked).toBe(3);
  });

  it('counts a failure as asked and lets the scrape go on', async () => {
    let asked = 0;
    const failing = atMostEvery({ minIntervalMs: 60_000 }, async () => {
      asked++;
      throw new Error('away');
    });
    await expect(failing()).resolves.toBeUndefined();
    await failing();
    expect(asked).toBe(1);
  });

  it('holds no scrape up when it hangs, and is not asked a second time meanwhile', async () => {
    let asked = 0;
    const hanging = atMostEvery({ minIntervalMs: 0, waitMs: 20 }, () => {
      asked++;
      return new Promise(() => undefined);
    });
    await hanging();
    await hanging();
    expect(asked).toBe(1);
  });
});
