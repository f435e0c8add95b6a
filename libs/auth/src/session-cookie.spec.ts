import { hashSessionCookie, isSessionCookie, newSessionCookie, SessionCookie } from './session-cookie.js';

const secure = new SessionCookie('https://api.example.com');
const plain = new SessionCookie('http://127.0.0.1:8080');

describe('the session cookie', () => {
  it('is bound to its host behind https, and kept by every browser over plain http', () => {
    expect(secure.set('x', 60)).toBe('__Host-plinth_session=x; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure');
    expect(plain.set('x', 60)).toBe('plinth_session=x; Max-Age=60; Path=/; HttpOnly; SameSite=Lax');
    expect(secure.cleared).toBe('__Host-plinth_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure');
  });

  it('is found among others by its whole name', () => {
    expect(secure.valuesIn('a=1; __Host-plinth_session=x;b=2')).toEqual(['x']);
    expect(plain.valuesIn('my_plinth_session=1; plinth_session=x=y; plinth_sessions=2')).toEqual(['x=y']);
    // Behind https what anybody on the network could have set is not looked at.
    expect(secure.valuesIn('plinth_session=x')).toEqual([]);
    expect(plain.valuesIn('__Host-plinth_session=x')).toEqual([]);
  });

  it.each([undefined, '', 'plinth_session', 'plinth_session=', ' ; ;='])('is not in %j', (header) => {
    expect(plain.valuesIn(header)).toEqual([]);
  });

  it('shows every value where there are several', () => {
    expect(plain.valuesIn('plinth_session=x; plinth_session=y')).toEqual(['x', 'y']);
  });

  it('has 256 bits that its hash does not tell', () => {
    const [one, other] = [newSessionCookie(), newSessionCookie()];
    expect(Buffer.from(one, 'base64url')).toHaveLength(32);
    expect(one).not.toBe(other);
    expect([isSessionCookie(one), isSessionCookie(`${one}x`), isSessionCookie(one.slice(1)), isSessionCookie(`${one.slice(1)}=`)]).toEqual([true, false, false, false]);
    expect(hashSessionCookie(one)).toMatch(/^[0-9a-f]{64}$/);
  });
});
