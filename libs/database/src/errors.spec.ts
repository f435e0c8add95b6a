import { Problem } from '@plinth/kernel';
import { toDatabaseProblem } from './errors.js';

const refusedBy = (code: string) => Object.assign(new Error('refused'), { code });

describe('what a caller is told of the database', () => {
  it.each([
    ['a full disk', '53100', 507, 'storage_full', false],
    ['a server without memory', '53200', 503, 'database_overloaded', true],
    ['a server without file handles', '53000', 503, 'database_overloaded', true],
    ['a disk that fails', '58030', 503, 'database_unavailable', true],
    ['a server that is read-only', '25006', 503, 'database_unavailable', true],
    ['a server that restarts after a crash', '57P02', 503, 'database_unavailable', true],
    ['a server that recovers', '57P03', 503, 'database_unavailable', true],
    ['a role that may not sign in any more', '28000', 503, 'database_unavailable', true],
    ['a password that is not the role\'s any more', '28P01', 503, 'database_unavailable', true],
    ['too many connections', '53300', 503, 'database_unavailable', true],
    ['the time limit of a statement', '57014', 503, 'database_timeout', true],
  ])('for %s is a problem with its status', (_, code, status, name, retry) => {
    const problem = toDatabaseProblem(refusedBy(code));
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code: name, status });
    expect((problem as Problem).extra.headers?.['retry-after'] !== undefined).toBe(retry);
  });

  it('is nothing new where the statement is at fault', () => {
    const defect = refusedBy('42P01');
    expect(toDatabaseProblem(defect)).toBe(defect);
  });
});
