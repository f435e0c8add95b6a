import { endToEndHeaders } from './headers.js';

const keepAll = () => false;

describe('endToEndHeaders', () => {
  it('leaves out what belongs to the connection, also what Connection names', () => {
    const headers = {
      connection: 'close, X-Private',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
      te: 'trailers',
      upgrade: 'h2c',
      'proxy-authorization': 'Basic x',
      'x-private': '1',
      accept: '*/*',
    };
    expect(endToEndHeaders(headers, keepAll)).toEqual(['accept', '*/*']);
  });

  it('leaves out what the caller refuses, and repeats a header that has several values', () => {
    const headers = { 'set-cookie': ['a=1', 'b=2'], 'x-plinth-identity': 'forged', 'content-type': 'text/plain', absent: undefined };
    expect(endToEndHeaders(headers, (name) => name.startsWith('x-plinth-'))).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2', 'content-type', 'text/plain']);
  });
});
