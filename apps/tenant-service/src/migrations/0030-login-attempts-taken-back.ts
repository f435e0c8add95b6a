import type { Migration } from '@plinth/database';

/** The fence of the owner, whom row-level security binds too: the rows that the function below has been given the keys of. */
const named = `encode(key, 'hex') = ANY (string_to_array(current_setting('plinth.login_attempt_keys', true), ' '))`;

/** A try that has succeeded is taken back in the transaction of what it opens, and no more in one of its own (docs/adr/0034-lock-out.md). */
export const loginAttemptsTakenBack: Migration = {
  name: '0030_login_attempts_taken_back',
  up: `
    CREATE POLICY owner_takes_back ON tenancy.login_attempt TO plinth_tenancy_owner USING (${named}) WITH CHECK (${named});
    -- Whoever calls it knows the keys, which are HMACs under a secret of the service: nobody's count can be taken back by guessing.
    CREATE FUNCTION tenancy.take_back_login_attempt(address_key BYTEA, account_key BYTEA, known_key BYTEA, known_for_days INT) RETURNS VOID
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        PERFORM set_config('plinth.login_attempt_keys', concat_ws(' ', encode(address_key, 'hex'), encode(account_key, 'hex'), encode(known_key, 'hex')), true);
        DELETE FROM tenancy.login_attempt WHERE key = address_key;
        UPDATE tenancy.login_attempt SET failures = greatest(0, failures - 1), locked_until = NULL
          WHERE key = account_key AND NOT EXISTS (SELECT FROM tenancy.login_attempt known WHERE known.key = known_key AND known.last_at > now() - make_interval(days => known_for_days));
        INSERT INTO tenancy.login_attempt (key, kind, failures, last_at) VALUES (known_key, 'known', 0, now()) ON CONFLICT (key) DO UPDATE SET last_at = now();
        PERFORM set_config('plinth.login_attempt_keys', '', true);
      END
      $$;
    REVOKE ALL ON FUNCTION tenancy.take_back_login_attempt FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.take_back_login_attempt TO plinth_tenancy_app;`,
  down: `
    DROP FUNCTION tenancy.take_back_login_attempt;
    DROP POLICY owner_takes_back ON tenancy.login_attempt;`,
};
