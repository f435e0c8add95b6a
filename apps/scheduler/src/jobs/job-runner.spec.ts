import { Problem } from '@plinth/kernel';
import { JobCatalogue } from './job-catalogue.js';
import { labelOf } from './job-runner.js';

describe('labelOf', () => {
  it('keeps class and code of an error, and nothing of its text', () => {
    expect(labelOf(new TypeError('jane@example.com'))).toBe('TypeError');
    expect(labelOf(Object.assign(new Error('key (email)=(jane@example.com) exists'), { code: '23505' }))).toBe('Error:23505');
    expect(labelOf(new Problem('database_unavailable', 'unavailable', 'secret'))).toMatch(/^\w+:database_unavailable$/);
    expect(labelOf('jane@example.com')).toBe('Error');
    expect(labelOf({ name: 'a b <c>', code: 'x'.repeat(300) })).toHaveLength(3 + 1 + 100);
  });
});

describe('JobCatalogue', () => {
  const job = (name: string) => ({ name, cron: '* * * * *', timeZone: 'UTC', run: () => Promise.resolve({ counts: {} }) });

  it('refuses two jobs of one name, and a name that is none', () => {
    expect(() => new JobCatalogue([job('purge'), job('purge')])).toThrow('same name');
    expect(() => new JobCatalogue([job('No name')])).toThrow('is no name for a job');
  });

  it('answers 404 for an unknown job', () => {
    expect(() => new JobCatalogue([job('purge')]).get('other')).toThrow(expect.objectContaining({ code: 'job_not_found', status: 404 }) as Error);
  });
});
