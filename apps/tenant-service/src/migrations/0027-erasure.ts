import type { Migration } from '@plinth/database';

const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;
/** The fence of the owner, whom row-level security binds too: the accounts whose erasure is under way, and no others. */
export const beingErased = (column: string) => `${column} IN (SELECT e.account_id FROM tenancy.erasure e WHERE e.erased_at IS NULL)`;
const withoutColumns = ['session', 'used_refresh_token', 'consent', 'second_factor', 'recovery_code', 'mailed_token', 'consent_withdrawal'];

/** The function, with what later migrations have it erase too, before the account itself. */
export const eraseAccount = (further: string) => `CREATE FUNCTION tenancy.erase_account(erasure UUID, at TIMESTAMPTZ) RETURNS JSONB
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE
        account UUID;
        address TEXT;
        invitations UUID[];
        gone INT;
        counts JSONB := '{}';
        doomed TEXT;
      BEGIN
        SELECT e.account_id INTO account FROM tenancy.erasure e WHERE e.id = erasure AND e.account_id = ${principal} AND e.erased_at IS NULL FOR UPDATE;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'there is no such erasure of the principal under way' USING ERRCODE = 'insufficient_privilege';
        END IF;
        SELECT a.email INTO address FROM tenancy.account a WHERE a.id = account;
        WITH deleted AS (DELETE FROM tenancy.invitation i WHERE i.accepted_by = account OR i.email = address RETURNING i.id)
          SELECT coalesce(array_agg(deleted.id ORDER BY deleted.id), '{}') INTO invitations FROM deleted;
        counts := jsonb_build_object('invitation', cardinality(invitations));
        -- What refers to others first.
        FOREACH doomed IN ARRAY ARRAY['used_refresh_token', 'session', 'recovery_code', 'second_factor', 'mailed_token', 'consent_withdrawal', 'consent', 'data_export'] LOOP
          EXECUTE format('DELETE FROM tenancy.%I t WHERE t.account_id = $1', doomed) USING account;
          GET DIAGNOSTICS gone = ROW_COUNT;
          counts := counts || jsonb_build_object(doomed, gone);
        END LOOP;
${further}        UPDATE tenancy.account a SET email = NULL, password_hash = NULL, email_verified_at = NULL, status = 'erased', updated_at = at WHERE a.id = account;
        GET DIAGNOSTICS gone = ROW_COUNT;
        counts := counts || jsonb_build_object('account', gone);
        UPDATE tenancy.erasure e SET erased_at = at, erased = counts WHERE e.id = erasure;
        RETURN jsonb_build_object('invitations', to_jsonb(invitations));
      END $$;`;

/**
 * Erasure of accounts (docs/adr/0048-erasure.md). Of an account its id is left, for what others have done with it names it: the
 * address, the password and all that belonged to the person go, by one function that the person's own transaction calls.
 */
export const erasure: Migration = {
  name: '0027_erasure',
  up: `
    CREATE TABLE tenancy.erasure (
      id UUID PRIMARY KEY,
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      receipt_hash BYTEA NOT NULL,
      requested_at TIMESTAMPTZ(3) NOT NULL,
      due_at TIMESTAMPTZ(3) NOT NULL,
      erased_at TIMESTAMPTZ(3),
      erased JSONB,
      CONSTRAINT erasure_account_unique UNIQUE (account_id),
      CONSTRAINT erasure_receipt_unique UNIQUE (receipt_hash),
      CONSTRAINT erasure_whole CHECK (num_nonnulls(erased_at, erased) IN (0, 2))
    );
    -- The worker takes what is due.
    CREATE INDEX idx_erasure_due ON tenancy.erasure (due_at) WHERE erased_at IS NULL;
    ALTER TABLE tenancy.erasure ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT INSERT ON tenancy.erasure TO plinth_tenancy_app;
    CREATE POLICY app_asks_for_own ON tenancy.erasure FOR INSERT TO plinth_tenancy_app WITH CHECK (account_id = ${principal});
    GRANT SELECT, UPDATE (due_at) ON tenancy.erasure TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.erasure FOR SELECT TO plinth_tenancy_system USING (true);
    CREATE POLICY system_takes ON tenancy.erasure FOR UPDATE TO plinth_tenancy_system USING (erased_at IS NULL);
    CREATE POLICY owner_reads ON tenancy.erasure FOR SELECT TO plinth_tenancy_owner USING (true);
    CREATE POLICY owner_ends ON tenancy.erasure FOR UPDATE TO plinth_tenancy_owner USING (erased_at IS NULL) WITH CHECK (true);

    ALTER TABLE tenancy.account
      ALTER COLUMN email DROP NOT NULL,
      ALTER COLUMN password_hash DROP NOT NULL,
      DROP CONSTRAINT account_status_known,
      ADD CONSTRAINT account_status_known CHECK (status IN ('active', 'disabled', 'erasing', 'erased')),
      ADD CONSTRAINT account_erased_or_whole CHECK (CASE WHEN status = 'erased' THEN num_nonnulls(email, password_hash, email_verified_at) = 0 ELSE num_nulls(email, password_hash) = 0 END);
    CREATE POLICY owner_erases ON tenancy.account TO plinth_tenancy_owner USING (${beingErased('id')});
    ${withoutColumns.map((table) => `CREATE POLICY owner_erases ON tenancy.${table} TO plinth_tenancy_owner USING (${beingErased('account_id')});`).join('\n    ')}
    -- A person's own copies; a tenant's are the tenant's, whoever has asked for them.
    CREATE POLICY owner_erases ON tenancy.data_export TO plinth_tenancy_owner USING (tenant_id IS NULL AND ${beingErased('account_id')});
    CREATE POLICY owner_erases ON tenancy.invitation TO plinth_tenancy_owner
      USING (${beingErased('accepted_by')} OR email IN (SELECT a.email FROM tenancy.account a));

    -- Erases the account of the principal, whose erasure this is. Says how many rows of what went, and which invitations it had accepted
    -- or was sent: others keep their ids.
    ${eraseAccount('')}
    REVOKE ALL ON FUNCTION tenancy.erase_account FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.erase_account TO plinth_tenancy_app;`,
  // Accounts that were erased have nothing left that the older version could read: they go, with the records of them.
  down: `
    DROP FUNCTION tenancy.erase_account;
    DROP POLICY owner_erases ON tenancy.invitation;
    DROP POLICY owner_erases ON tenancy.data_export;
    ${withoutColumns.map((table) => `DROP POLICY owner_erases ON tenancy.${table};`).join('\n    ')}
    DROP POLICY owner_erases ON tenancy.account;
    DROP TABLE tenancy.erasure;
    ALTER TABLE tenancy.account DROP CONSTRAINT account_erased_or_whole, DROP CONSTRAINT account_status_known;
    ALTER TABLE tenancy.account NO FORCE ROW LEVEL SECURITY;
    UPDATE tenancy.account SET email = 'erased-' || id || '@invalid', password_hash = '', status = 'disabled' WHERE status = 'erased';
    UPDATE tenancy.account SET status = 'disabled' WHERE status = 'erasing';
    ALTER TABLE tenancy.account FORCE ROW LEVEL SECURITY;
    ALTER TABLE tenancy.account
      ALTER COLUMN email SET NOT NULL,
      ALTER COLUMN password_hash SET NOT NULL,
      ADD CONSTRAINT account_status_known CHECK (status IN ('active', 'disabled'));`,
};
