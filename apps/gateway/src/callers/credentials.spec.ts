import { newApiKey, SessionCookie } from '@plinth/auth';
import { newId, type Problem } from '@plinth/kernel';
import { readCredential } from './credentials.js';

const key = newApiKey('live', newId());
const other = newApiKey('live', newId());
const sessionCookie = new SessionCookie('https://api.example.com');
const cookie = '__Host-plinth_session=x';

describe('readCredential', () => {
  it.each([
    [{ authorization: 'Bearer eyJ.x.y' }, { kind: 'token', text: 'eyJ.x.y' }],
    [{ authorization: `bearer  ${key}` }, { kind: 'api_key', text: key }],
    [{ 'x-api-key': key }, { kind: 'api_key', text: key }],
    [{ authorization: `Bearer ${key}`, 'x-api-key': key }, { kind: 'api_key', text: key }],
    [{ 'x-api-key': 'sk-what-others-use' }, { kind: 'api_key', text: 'sk-what-others-use' }],
    [{ cookie: `a=1; ${cookie}` }, { kind: 'cookie', text: 'x' }],
    // Who names a credential means that one.
    [{ authorization: 'Bearer eyJ.x.y', cookie }, { kind: 'token', text: 'eyJ.x.y' }],
    [{ 'x-api-key': key, cookie }, { kind: 'api_key', text: key }],
  ])('reads %j', (headers, credential) => {
    expect(readCredential(headers, sessionCookie)).toEqual(credential);
  });

  it.each([
    [{}, 'authentication_required'],
    [{ authorization: 'Basic dXNlcjpwYXNz' }, 'authentication_required'],
    [{ authorization: 'Basic dXNlcjpwYXNz', cookie }, 'authentication_required'],
    [{ cookie: 'plinth_session=x' }, 'authentication_required'],
    [{ cookie: `${cookie}; ${cookie}y` }, 'session_cookie_invalid'],
    [{ authorization: 'Bearer' }, 'authentication_required'],
    [{ authorization: `Bearer ${key}`, 'x-api-key': other }, 'credentials_conflict'],
    [{ authorization: 'Bearer eyJ.x.y', 'x-api-key': key }, 'credentials_conflict'],
    [{ authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': key }, 'credentials_conflict'],
    [{ 'x-api-key': [key, key] }, 'credentials_conflict'],
  ])('refuses %j with 401', (headers, code) => {
    try {
      readCredential(headers, sessionCookie);
      throw new Error('accepted');
    } catch (error) {
      expect(error).toMatchObject({ status: 401, code });
      expect((error as Problem).extra.headers).toHaveProperty('www-authenticate');
    }
  });
});
