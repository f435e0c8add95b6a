import { requireAcceptable } from './accept.js';

describe('requireAcceptable', () => {
  it.each([
    [undefined, ['application/json']],
    ['', ['application/json']],
    ['*/*', ['application/json']],
    ['application/json', ['application/json']],
    ['Application/JSON; charset=utf-8', ['application/json']],
    ['application/*;q=0.1', ['application/json']],
    ['text/html, application/xhtml+xml, */*;q=0.8', ['application/json']],
    ['text/event-stream', ['application/json', 'text/event-stream']],
    ['text/html', []],
  ])('lets %j through for %j', (accept, types) => {
    expect(() => requireAcceptable(accept, types)).not.toThrow();
  });

  it.each([
    ['text/html', ['application/json']],
    ['text/*', ['application/json']],
    ['application/json;q=0', ['application/json']],
    ['application/json;q=0, */*', ['application/json']],
    ['*/*;q=0', ['application/json']],
    ['application/xml, text/plain', ['application/json', 'text/event-stream']],
    ['nonsense', ['application/json']],
  ])('refuses %j for %j with 406', (accept, types) => {
    expect(() => requireAcceptable(accept, types)).toThrow(expect.objectContaining({ code: 'not_acceptable', status: 406 }) as Error);
  });
});
