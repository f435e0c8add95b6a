import { JobCatalogue } from './job-catalogue.js';

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
