import type { Migration } from '@plinth/database';

const known = (purposes: string) => `
    ALTER TABLE tenancy.mailed_token DROP CONSTRAINT mailed_token_purpose_known;
    ALTER TABLE tenancy.mailed_token ADD CONSTRAINT mailed_token_purpose_known CHECK (purpose IN (${purposes}))`;

/** Links that make an address an account's (docs/adr/0032-mail-from-a-table.md). */
export const emailChange: Migration = {
  name: '0019_email_change',
  up: `${known(`'verify_email', 'reset_password', 'change_email'`)};`,
  // What was sent under the newer version stays, and is good for nothing.
  down: `${known(`'verify_email', 'reset_password'`)} NOT VALID;`,
};
