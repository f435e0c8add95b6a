import { isSameOrigin } from './same-origin.js';

const publicOrigin = 'https://api.example.com';

describe('isSameOrigin', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    // A proxy in front has changed the Host, and the browser knows better.
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:3000', host: '127.0.0.1:8080' }],
    [{ origin: publicOrigin, host: '10.0.0.7:8080' }],
    [{ origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080' }],
    [{}],
  ])('lets %j in', (headers) => {
    expect(isSameOrigin(headers, publicOrigin)).toBe(true);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'cross-site', origin: publicOrigin }],
    [{ 'sec-fetch-site': 'anything' }],
    [{ origin: 'https://evil.example', host: 'api.example.com' }],
    [{ origin: 'https://app.example.com', host: 'api.example.com' }],
    [{ origin: 'https://api.example.com.evil.example', host: 'api.example.com' }],
    [{ origin: 'http://api.example.com:8443', host: 'api.example.com' }],
    [{ origin: 'null', host: 'api.example.com' }],
    [{ origin: '', host: '' }],
  ])('refuses %j', (headers) => {
    expect(isSameOrigin(headers, publicOrigin)).toBe(false);
  });
});
