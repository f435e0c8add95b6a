import { judge, type JestReport } from './tiers.ts';

const report = (changes: Partial<JestReport>): JestReport => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  ...changes,
});

describe('a tier', () => {
  it('that passed has its tests counted and nothing to complain of', () => {
    expect(judge(report({}), 0)).toEqual({ passed: 3, failed: 0, complaints: [] });
  });

  it('counts a suite that could not be loaded as a failure', () => {
    expect(judge(report({ numFailedTests: 1, numRuntimeErrorTestSuites: 1 }), 1)).toEqual({ passed: 3, failed: 2, complaints: [] });
  });

  it('that ran no test fails', () => {
    expect(judge(report({ numPassedTests: 0 }), 0).complaints).toEqual(['no test ran']);
  });

  it('that skipped a test fails', () => {
    expect(judge(report({ numPendingTests: 1 }), 0).complaints).toEqual(['1 tests were skipped']);
  });

  it('that left no report fails', () => {
    expect(judge(undefined, 134)).toEqual({ passed: 0, failed: 0, complaints: ['Jest ended with code 134 and left no report'] });
  });

  it('whose run failed although its tests passed fails', () => {
    expect(judge(report({}), 1).complaints).toEqual(['Jest ended with code 1 although no test failed']);
  });
});
