import { urlAs } from './database-urls.ts';

describe('urlAs', () => {
  it("keeps server, database and options of the administrator's URL and puts the role in its place", () => {
    expect(urlAs('postgresql://admin:secret@db.internal:5433/plinth?sslmode=require', 'plinth_audit_app', 'p-w_1')).toBe(
      'postgresql://plinth_audit_app:p-w_1@db.internal:5433/plinth?sslmode=require',
    );
  });
});
