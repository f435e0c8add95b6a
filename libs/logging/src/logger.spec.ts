import { Logger } from './logger.js';

function setup() {
  const lines: string[] = [];
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void lines.push(line) } });
  return { logger, lines };
}

describe('Logger', () => {
  it('writes one JSON object a line with the allowed fields', () => {
    const { logger, lines } = setup();
    logger.info('tenant updated', { tenantId: 't-1', status: 200 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'tenant updated', service: 'test', tenantId: 't-1', status: 200 });
  });

  it('drops a field that is not on the list and objects in a field that is', () => {
    const { logger, lines } = setup();
    logger.info('x', { email: 'a@b.example', name: { email: 'a@b.example' } } as never);
    expect(lines.join('')).not.toContain('a@b.example');
  });

  it('leaves out what an error message quotes, its causes included', () => {
    const { logger, lines } = setup();
    const cause = Object.assign(new Error('Key (email)=(a@b.example) already exists'), { code: '23505' });
    logger.error('write failed', { error: new Error('while saving a@b.example', { cause }) });
    expect(lines.join('')).not.toContain('a@b.example');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: { type: 'Error', cause: { code: '23505' } } });
  });

  it('keeps one line for a value with line breaks', () => {
    const { logger, lines } = setup();
    logger.info('x', { name: 'a\r\n{"level":60}' });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd().split(/[\r\n]/)).toHaveLength(1);
  });
});
