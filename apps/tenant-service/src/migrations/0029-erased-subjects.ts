import type { Migration } from '@plinth/database';

/**
 * Under which ids others knew a person who was erased, kept with the erasure: so that it can be told again where another service was restored
 * to a moment before it (docs/adr/0048-erasure.md). They name nobody any more. Of erasures from before they are not known.
 */
export const erasedSubjects: Migration = {
  name: '0029_erased_subjects',
  up: `
    ALTER TABLE tenancy.erasure
      ADD COLUMN subjects UUID[],
      -- When it was told again, last.
      ADD COLUMN told_again_at TIMESTAMPTZ(3);
    CREATE POLICY owner_notes ON tenancy.erasure FOR UPDATE TO plinth_tenancy_owner USING (erased_at IS NOT NULL) WITH CHECK (erased_at IS NOT NULL);
    -- Of the principal's own erasure, once, in the transaction that has ended it.
    CREATE FUNCTION tenancy.note_erased_subjects(erasure UUID, names UUID[]) RETURNS VOID
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        UPDATE tenancy.erasure e SET subjects = names
        WHERE e.id = erasure AND e.account_id = nullif(current_setting('plinth.principal_id', true), '')::uuid AND e.erased_at IS NOT NULL AND e.subjects IS NULL
      $$;
    REVOKE ALL ON FUNCTION tenancy.note_erased_subjects FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.note_erased_subjects TO plinth_tenancy_app;
    -- Whether the principal's own erasure is to be told again now: by one of several replicas, and half an hour after the last time.
    CREATE FUNCTION tenancy.tell_erasure_again(erasure UUID, at TIMESTAMPTZ) RETURNS BOOLEAN
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH told AS (
          UPDATE tenancy.erasure e SET told_again_at = at
          WHERE e.id = erasure AND e.account_id = nullif(current_setting('plinth.principal_id', true), '')::uuid AND e.erased_at IS NOT NULL
            AND (e.told_again_at IS NULL OR e.told_again_at < at - interval '30 minutes')
          RETURNING e.id
        )
        SELECT EXISTS (SELECT FROM told)
      $$;
    REVOKE ALL ON FUNCTION tenancy.tell_erasure_again FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.tell_erasure_again TO plinth_tenancy_app;`,
  down: `
    DROP FUNCTION tenancy.tell_erasure_again;
    DROP FUNCTION tenancy.note_erased_subjects;
    DROP POLICY owner_notes ON tenancy.erasure;
    ALTER TABLE tenancy.erasure DROP COLUMN told_again_at, DROP COLUMN subjects;`,
};
