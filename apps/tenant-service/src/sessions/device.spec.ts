import { cleanUserAgent, deviceOf } from './device.js';

describe('the device of a session', () => {
  it('is what the request says of itself', () => {
    expect(deviceOf({ userAgent: 'Firefox/150.0', clientIp: '192.0.2.1' })).toEqual({ userAgent: 'Firefox/150.0', ip: '192.0.2.1' });
    expect(deviceOf({ userAgent: null, clientIp: null })).toEqual({ userAgent: null, ip: null });
  });

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0'],
    ['  two   words ', 'two words'],
    ['a\r\nSet-Cookie: b', 'a Set-Cookie: b'],
    ['\u001b[31mred\u0007', '[31mred'],
    ['abc\u202egpj.exe\u2066', 'abc gpj.exe'],
    ['line\u2028break', 'line break'],
    ['Prüfer ✓ 😀', 'Prüfer ✓ 😀'],
    ['half \ud83d', 'half \ufffd'],
    ['\u0000\u200b', null],
    ['', null],
    [null, null],
  ])('shows %j as %j', (text, clean) => {
    expect(cleanUserAgent(text)).toBe(clean);
  });

  it('is cut at 256 characters, and none of them in half', () => {
    expect(cleanUserAgent('a'.repeat(1_024))).toBe('a'.repeat(256));
    const cut = cleanUserAgent('😀'.repeat(300)) ?? '';
    expect([Array.from(cut).length, cut.isWellFormed()]).toEqual([256, true]);
  });
});
