import fc from 'fast-check';
import { RuntimeException } from '@nestjs/core/errors/exceptions/runtime.exception.js';
import { Logger } from './logger.js';
import { NestLogger } from './nest-logger.js';
import { planted } from './testing.js';

function setup(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = [];
  const logger = Logger.create({ service: 'test', level: 'info', format, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

describe('Logger', () => {
  it('writes one JSON object a line with the allowed fields', () => {
    const { logger, last } = setup();
    logger.info('tenant updated', { tenantId: 't-1', status: 200, route: '/v1/tenants/:id' });
    expect(last()).toMatchObject({ msg: 'tenant updated', service: 'test', tenantId: 't-1', status: 200, route: '/v1/tenants/:id' });
  });

  it('drops a field that is not on the list, and of one that is, a value of another type', () => {
    const { logger, lines, last } = setup();
    logger.info('x', { email: 'a@b.example', name: { email: 'a@b.example' }, status: 'a@b.example', constructor: 'x', toString: 'x' } as never);
    expect(lines.join('')).not.toContain('a@b.example');
    expect(last()).toMatchObject({ name: '[object]', status: '[string]' });
    expect(Object.keys(last())).toEqual(['level', 'time', 'service', 'name', 'status', 'msg']);
  });

  it('masks what looks sensitive in a field that is allowed, and takes no free text for a word', () => {
    const { logger, last } = setup();
    logger.info('x', { name: 'sent to a@b.example', source: 'Bearer abcdef', code: 'my pass phrase', route: '/v1/reset?mail=x', requestId: 'plk_live_abc', port: 4111111111111111 });
    expect(last()).toMatchObject({ name: 'sent to [email]', source: '[credential]', code: '[malformed]', route: '[malformed]', requestId: '[api_key]', port: '[malformed]' });
  });

  it('masks a message that was made of data, against the rule', () => {
    const { logger, last } = setup();
    logger.info('sign-in of a@b.example\nrefused');
    expect(last()['msg']).toBe('sign-in of [email] refused');
  });

  it('writes nothing below its level', () => {
    const { logger, lines } = setup();
    logger.debug('x');
    expect(lines).toEqual([]);
  });

  it('keeps a pretty line whole, and colours and control sequences of a value out of it', () => {
    const { logger, lines } = setup('pretty');
    logger.warn('x', { name: 'a\r\nERROR: forged\u001b[2J\u009b1m', code: '\u001b[31m' });
    expect(lines.join('')).not.toMatch(/\u001b\[2J|\u009b|\u001b\[31m/); // eslint-disable-line no-control-regex -- terminal sequences are what is looked for
    expect(lines.join('').split('\n').filter((line) => line.startsWith('ERROR'))).toEqual([]);
  });

  const names = ['requestId', 'traceId', 'tenantId', 'method', 'route', 'status', 'code', 'host', 'topic', 'offset', 'group', 'name', 'source', 'error', 'email', 'password', '__proto__'];

  it.each(['json', 'pretty'] as const)('lets nothing planted out and breaks no line, whatever fields come in (%s)', (format) => {
    const { logger, lines } = setup(format);
    const value = (secret: string) =>
      fc.oneof(
        ...[secret, `a\r\n{"level":60}\u2028${secret}`, `${secret}\u0085\u001b[31m`].map((text) => fc.constant(text)),
        fc.constant(new Error(secret, { cause: Object.assign(new Error(secret), { detail: secret, code: secret }) })),
        fc.constant({ toJSON: () => secret, toString: () => secret }),
        fc.anything(),
      );
    const scene = planted().chain((secret) => fc.tuple(fc.constant(secret), fc.dictionary(fc.constantFrom(...names), value(secret)), fc.boolean()));
    fc.assert(
      fc.property(scene, ([secret, fields, asMessage]) => {
        lines.length = 0;
        logger.warn(asMessage ? `x ${secret}\n${secret}` : 'x', fields);
        const written = lines.join('');
        expect(written).not.toContain(secret);
        expect(written).not.toMatch(/[\r\u0085\u2028\u2029]/);
        expect(lines).toHaveLength(1);
        if (format === 'pretty') return;
        expect(written.trimEnd()).not.toContain('\n');
        expect(JSON.parse(written)).toMatchObject({ level: 40, service: 'test' });
      }),
      { numRuns: 500 },
    );
  });
});

describe('NestLogger', () => {
  it('tells what Nest says of a mistake in the modules, and of any other error nothing but class and frames', () => {
    const { logger, last, lines } = setup();
    const nest = new NestLogger(logger);
    nest.error(new RuntimeException("Nest can't resolve dependencies of the TenantsService (?, Outbox). Please make sure\n- that"), undefined, 'ExceptionHandler');
    expect(last()).toMatchObject({ name: "Nest can't resolve dependencies of the TenantsService (?, Outbox)", source: 'ExceptionHandler' });
    nest.error(new Error('a@b.example'), 'a@b.example', 'X');
    expect(lines.at(-1)).not.toContain('a@b.example');
  });
});
