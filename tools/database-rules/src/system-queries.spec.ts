import { systemQueriesIn } from './system-queries.ts';

describe('the system queries of sources', () => {
  it('are found by the text or the constant that names them, over files and lines', () => {
    const sources = [
      `await this.transactor.readSystem('one', (conn) => conn.query(sql));`,
      `await this.transactor\n  .runSystem(\n    'two', work);`,
      `run: <T>(work) => transactor.runSystem<T>(three, work)`,
      `export const three = 'the_third';`,
    ];
    expect(systemQueriesIn(sources)).toEqual({ names: new Set(['one', 'two', 'the_third']), unnamed: [] });
  });

  it('are told where their name is no constant', () => {
    const { names, unnamed } = systemQueriesIn(['tx.runSystem(`job_${name}`, work)', 'tx.readSystem(nameOf(job), work)', "tx.runSystem('good', work)"]);
    expect(names).toEqual(new Set(['good']));
    expect(unnamed).toHaveLength(2);
  });
});
