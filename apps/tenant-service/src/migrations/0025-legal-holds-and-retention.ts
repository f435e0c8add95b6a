import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;
/** Set by the functions below for as long as they run, and by nothing else that the owner does. */
export const keeping = `current_setting('plinth.keeping', true) = 'on'`;
const begin = `was := coalesce(current_setting('plinth.keeping', true), ''); PERFORM set_config('plinth.keeping', 'on', true);`;
const end = `PERFORM set_config('plinth.keeping', was, true);`;
const definer = `SECURITY DEFINER SET search_path = pg_catalog, pg_temp`;

/** The function, with later migrations' further branches of its CASE. */
export const pastRetention = (further: string) => `CREATE FUNCTION tenancy.past_retention(of_class TEXT, default_days INT, max_rows INT)
      RETURNS TABLE (id UUID, tenant_id UUID, account_id UUID, ended_at TIMESTAMPTZ, holds UUID[])
      LANGUAGE plpgsql STABLE ${definer} AS $$
      DECLARE
        only_tenant UUID := ${tenant};
        was TEXT;
      BEGIN
        ${begin}
        CASE of_class
          WHEN 'ended_invitations' THEN RETURN QUERY
            SELECT past.id, past.tenant_id, past.accepted_by, past.at, ARRAY(
              SELECT DISTINCT h.id FROM (VALUES (past.invited_by), (past.accepted_by), ((SELECT a.id FROM tenancy.account a WHERE a.email = past.email))) AS person (id),
                tenancy.legal_holds_on(past.tenant_id, person.id) h)
            FROM (SELECT i.id, i.tenant_id, i.accepted_by, i.invited_by, i.email, coalesce(i.accepted_at, i.revoked_at, i.expires_at) AS at
              FROM tenancy.invitation i LEFT JOIN tenancy.retention_policy p ON p.tenant_id = i.tenant_id AND p.data_class = of_class
              WHERE (only_tenant IS NULL OR i.tenant_id = only_tenant)
                AND coalesce(i.accepted_at, i.revoked_at, i.expires_at) < now() - make_interval(days => greatest(7, coalesce(p.days, default_days)))
              ORDER BY at, i.id LIMIT max_rows) AS past;
          WHEN 'ended_api_keys' THEN RETURN QUERY
            SELECT past.id, past.tenant_id, past.created_by, past.at, ARRAY(SELECT h.id FROM tenancy.legal_holds_on(past.tenant_id, past.created_by) h)
            FROM (SELECT k.id, k.tenant_id, k.created_by, least(k.revoked_at, k.overlap_ends_at, k.expires_at) AS at
              FROM tenancy.api_key k LEFT JOIN tenancy.retention_policy p ON p.tenant_id = k.tenant_id AND p.data_class = of_class
              WHERE (only_tenant IS NULL OR k.tenant_id = only_tenant)
                AND least(k.revoked_at, k.overlap_ends_at, k.expires_at) < now() - make_interval(days => greatest(30, coalesce(p.days, default_days)))
                -- Of keys that took each other's place the oldest goes first.
                AND NOT EXISTS (SELECT FROM tenancy.api_key o WHERE o.rotated_to = k.id)
              ORDER BY at, k.id LIMIT max_rows) AS past;
          WHEN 'ended_sessions' THEN RETURN QUERY
            SELECT past.id, NULL::uuid, past.account_id, past.at, ARRAY(SELECT h.id FROM tenancy.legal_holds_on(NULL, past.account_id) h)
            FROM (SELECT s.id, s.account_id, least(s.revoked_at, s.expires_at) AS at FROM tenancy.session s
              WHERE only_tenant IS NULL AND least(s.revoked_at, s.expires_at) < now() - make_interval(days => default_days)
                AND s.expires_at < now() AND s.created_at < now() - interval '90 days'
              ORDER BY at, s.id LIMIT max_rows) AS past;
          WHEN 'obsolete_consents' THEN RETURN QUERY
            SELECT past.id, NULL::uuid, past.account_id, past.at, ARRAY(SELECT h.id FROM tenancy.legal_holds_on(NULL, past.account_id) h)
            FROM (SELECT c.id, c.account_id, over.at FROM tenancy.consent c CROSS JOIN LATERAL (SELECT least(
                (SELECT w.withdrawn_at FROM tenancy.consent_withdrawal w WHERE w.consent_id = c.id),
                (SELECT min(n.given_at) FROM tenancy.consent n WHERE n.account_id = c.account_id AND n.document = c.document AND n.given_at > c.given_at)) AS at) AS over
              WHERE only_tenant IS NULL AND c.given_at < now() - interval '365 days' AND over.at < now() - make_interval(days => greatest(365, default_days))
              ORDER BY at, c.id LIMIT max_rows) AS past;
${further}          ELSE RAISE EXCEPTION 'no such class of data: %', of_class;
        END CASE;
        ${end}
      END $$;`;

/** As `pastRetention`. */
export const enforceRetention = (further: string) => `CREATE FUNCTION tenancy.enforce_retention(of_class TEXT, default_days INT, max_rows INT) RETURNS TABLE (tenant_id UUID, gone INT)
      LANGUAGE plpgsql ${definer} AS $$
      DECLARE
        looked INT := max_rows;
        seen INT;
        doomed UUID[];
        owners UUID[];
        was TEXT;
      BEGIN
        ${begin}
        PERFORM tenancy.lock_legal_holds(false);
        -- Statements behind the lock, so that they see every hold that was placed before. What is held is looked past, however much it is.
        LOOP
          SELECT count(*)::int, array_agg(p.id ORDER BY p.ended_at, p.id) FILTER (WHERE cardinality(p.holds) = 0),
            array_agg(p.tenant_id ORDER BY p.ended_at, p.id) FILTER (WHERE cardinality(p.holds) = 0)
            INTO seen, doomed, owners FROM tenancy.past_retention(of_class, default_days, looked) AS p;
          EXIT WHEN seen < looked OR coalesce(cardinality(doomed), 0) >= max_rows;
          looked := looked * 4;
        END LOOP;
        doomed := doomed[1:max_rows];
        owners := owners[1:max_rows];
        CASE of_class
          WHEN 'ended_invitations' THEN
            DELETE FROM tenancy.invitation i WHERE i.id = ANY (doomed);
          WHEN 'ended_api_keys' THEN
            DELETE FROM tenancy.api_key_use u WHERE u.api_key_id = ANY (doomed);
            UPDATE tenancy.api_key k SET replaces = NULL WHERE k.replaces = ANY (doomed);
            DELETE FROM tenancy.api_key k WHERE k.id = ANY (doomed);
          WHEN 'ended_sessions' THEN
            DELETE FROM tenancy.used_refresh_token t WHERE t.session_id = ANY (doomed);
            DELETE FROM tenancy.session s WHERE s.id = ANY (doomed);
          WHEN 'obsolete_consents' THEN
            DELETE FROM tenancy.consent_withdrawal w WHERE w.consent_id = ANY (doomed);
            DELETE FROM tenancy.consent c WHERE c.id = ANY (doomed);
${further}        END CASE;
        ${end}
        RETURN QUERY SELECT o.owner, count(*)::int FROM unnest(owners) AS o (owner) GROUP BY o.owner;
      END $$;`;

/**
 * Legal holds, tenants' retention policies, and the functions that delete by them (ADR 0046). A hold and a deletion exclude each other by a lock,
 * and each deletion asks for holds in its own statement: what was held before it began is there after it.
 */
export const legalHoldsAndRetention: Migration = {
  name: '0025_legal_holds_and_retention',
  up: `
    CREATE TABLE tenancy.legal_hold (
      id UUID PRIMARY KEY,
      -- Null: the platform's, on a person wherever there is something of them.
      tenant_id UUID REFERENCES tenancy.tenant (id),
      -- Null: on the whole tenant. A person's id, and no key: it outlives what it is on.
      account_id UUID,
      reason TEXT NOT NULL,
      -- An account, or a key of a tenant.
      placed_by UUID NOT NULL,
      -- What operators have placed, operators alone release.
      by_operator BOOLEAN NOT NULL,
      placed_at TIMESTAMPTZ(3) NOT NULL,
      released_at TIMESTAMPTZ(3),
      released_by UUID,
      release_reason TEXT,
      CONSTRAINT legal_hold_on_something CHECK (account_id IS NOT NULL OR tenant_id IS NOT NULL),
      CONSTRAINT legal_hold_of_platform CHECK (tenant_id IS NOT NULL OR by_operator),
      CONSTRAINT legal_hold_released_whole CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL))
    );
    -- Each deletion asks for those that are not released: few.
    CREATE INDEX idx_legal_hold_tenant ON tenancy.legal_hold (tenant_id) WHERE released_at IS NULL;
    CREATE INDEX idx_legal_hold_account ON tenancy.legal_hold (account_id) WHERE released_at IS NULL;
    -- The list of a tenant, newest first.
    CREATE INDEX idx_legal_hold_list ON tenancy.legal_hold (tenant_id, id);
    ALTER TABLE tenancy.legal_hold ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (released_at, released_by, release_reason) ON tenancy.legal_hold TO plinth_tenancy_app;
    -- A tenant's own; those on persons everywhere are the operators', who act without a tenant.
    CREATE POLICY app_own_holds ON tenancy.legal_hold TO plinth_tenancy_app
      USING (tenant_id = ${tenant} OR (tenant_id IS NULL AND ${tenant} IS NULL AND ${principal} IS NOT NULL));
    GRANT SELECT ON tenancy.legal_hold TO plinth_tenancy_system;
    CREATE POLICY system_lists ON tenancy.legal_hold FOR SELECT TO plinth_tenancy_system USING (true);
    CREATE POLICY owner_asks ON tenancy.legal_hold FOR SELECT TO plinth_tenancy_owner USING (${keeping});
    CREATE POLICY owner_asks ON tenancy.membership FOR SELECT TO plinth_tenancy_owner USING (${keeping});

    -- The holds that keep what a person has in a tenant, or, where no tenant is named, what a person has anywhere. A hold on a whole tenant holds its
    -- members too. Either may be null, not both.
    CREATE FUNCTION tenancy.legal_holds_on(in_tenant UUID, on_account UUID) RETURNS TABLE (id UUID, tenant_id UUID, account_id UUID)
      LANGUAGE plpgsql STABLE ${definer} AS $$
      DECLARE
        was TEXT;
      BEGIN
        ${begin}
        RETURN QUERY SELECT h.id, h.tenant_id, h.account_id FROM tenancy.legal_hold h WHERE h.released_at IS NULL AND (
          (h.account_id = on_account AND (h.tenant_id IS NULL OR in_tenant IS NULL OR h.tenant_id = in_tenant))
          OR (h.account_id IS NULL AND (h.tenant_id = in_tenant
            OR (in_tenant IS NULL AND h.tenant_id IN (SELECT m.tenant_id FROM tenancy.membership m WHERE m.account_id = on_account)))));
        ${end}
      END $$;
    REVOKE ALL ON FUNCTION tenancy.legal_holds_on FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.legal_holds_on TO plinth_tenancy_app, plinth_tenancy_system;

    -- To the end of the transaction no hold is placed: whoever deletes takes it, shared, before it asks. Whoever places one takes it alone.
    CREATE FUNCTION tenancy.lock_legal_holds(exclusively BOOLEAN) RETURNS VOID
      LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        IF exclusively THEN
          PERFORM pg_advisory_xact_lock(hashtextextended('plinth.tenancy.legal_hold', 0));
        ELSE
          PERFORM pg_advisory_xact_lock_shared(hashtextextended('plinth.tenancy.legal_hold', 0));
        END IF;
      END $$;

    -- What a tenant has decided for itself; where it has not, the platform's default holds.
    CREATE TABLE tenancy.retention_policy (
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      data_class TEXT NOT NULL,
      days INT NOT NULL,
      version INT NOT NULL,
      updated_at TIMESTAMPTZ(3) NOT NULL,
      updated_by UUID NOT NULL,
      PRIMARY KEY (tenant_id, data_class),
      CONSTRAINT retention_policy_class_known CHECK (data_class IN ('ended_invitations', 'ended_api_keys')),
      CONSTRAINT retention_policy_days_sane CHECK (days BETWEEN 1 AND 3650)
    );
    ALTER TABLE tenancy.retention_policy ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (days, version, updated_at, updated_by), DELETE ON tenancy.retention_policy TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.retention_policy TO plinth_tenancy_app USING (tenant_id = ${tenant});
    CREATE POLICY owner_reads ON tenancy.retention_policy FOR SELECT TO plinth_tenancy_owner USING (${keeping});

    -- What the functions below may see and delete. The times are the fences: nothing younger goes, whatever a policy says.
    CREATE POLICY owner_keeps ON tenancy.invitation TO plinth_tenancy_owner
      USING (${keeping} AND coalesce(accepted_at, revoked_at, expires_at) < now() - interval '7 days') WITH CHECK (false);
    CREATE POLICY owner_keeps ON tenancy.api_key TO plinth_tenancy_owner USING (${keeping})
      -- A successor forgets whom it has replaced, and nothing else of a key is changed.
      WITH CHECK (${keeping} AND replaces IS NULL);
    CREATE POLICY owner_keeps ON tenancy.api_key_use TO plinth_tenancy_owner USING (${keeping}) WITH CHECK (false);
    -- A token that is used twice has to be known as long as it could be good: no session lasts 90 days.
    CREATE POLICY owner_keeps ON tenancy.session TO plinth_tenancy_owner
      USING (${keeping} AND expires_at < now() AND created_at < now() - interval '90 days') WITH CHECK (false);
    CREATE POLICY owner_keeps ON tenancy.used_refresh_token TO plinth_tenancy_owner USING (${keeping}) WITH CHECK (false);
    CREATE POLICY owner_keeps ON tenancy.consent TO plinth_tenancy_owner USING (${keeping} AND given_at < now() - interval '365 days') WITH CHECK (false);
    CREATE POLICY owner_compares ON tenancy.consent FOR SELECT TO plinth_tenancy_owner USING (${keeping});
    CREATE POLICY owner_keeps ON tenancy.consent_withdrawal TO plinth_tenancy_owner USING (${keeping}) WITH CHECK (false);
    CREATE POLICY owner_finds ON tenancy.account FOR SELECT TO plinth_tenancy_owner USING (${keeping});

    -- Of a class what is past its time and which holds keep it: as many as are asked for, the oldest first. For whom a tenant is set, of that
    -- tenant alone. What belongs to no tenant has a null one.
    ${pastRetention('')}
    REVOKE ALL ON FUNCTION tenancy.past_retention FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.past_retention TO plinth_tenancy_app, plinth_tenancy_system;

    -- Deletes of a class up to max_rows of what is past its time and not held, the oldest first, and says how many of which tenant. What hangs on
    -- a row goes with it. Where the holds cannot be asked, it fails and nothing is gone.
    ${enforceRetention('')}
    REVOKE ALL ON FUNCTION tenancy.enforce_retention FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.enforce_retention TO plinth_tenancy_system;

    -- The looks for what has ended, by age.
    CREATE INDEX idx_invitation_ended ON tenancy.invitation (coalesce(accepted_at, revoked_at, expires_at));
    CREATE INDEX idx_session_ended ON tenancy.session (least(revoked_at, expires_at));
    CREATE INDEX idx_api_key_ended ON tenancy.api_key (least(revoked_at, overlap_ends_at, expires_at));
    -- Whether another has the key as its successor or its predecessor.
    CREATE INDEX idx_api_key_rotated_to ON tenancy.api_key (rotated_to) WHERE rotated_to IS NOT NULL;
    CREATE INDEX idx_api_key_replaces ON tenancy.api_key (replaces) WHERE replaces IS NOT NULL;

    -- As of 0005, but for the tokens of persons on whom a hold is.
    CREATE OR REPLACE FUNCTION tenancy.purge_mail(ended_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE
        gone INT;
      BEGIN
        PERFORM tenancy.lock_legal_holds(false);
        WITH old_mail AS MATERIALIZED (
          SELECT id FROM tenancy.mail WHERE ended_at < ended_before ORDER BY ended_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), old_token AS MATERIALIZED (
          SELECT token_hash FROM tenancy.mailed_token WHERE expires_at < ended_before
            AND NOT EXISTS (SELECT FROM tenancy.legal_holds_on(NULL, account_id)) ORDER BY expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone_mail AS (
          DELETE FROM tenancy.mail mail USING old_mail WHERE mail.id = old_mail.id RETURNING 1
        ), gone_token AS (
          DELETE FROM tenancy.mailed_token token USING old_token WHERE token.token_hash = old_token.token_hash RETURNING 1
        )
        SELECT ((SELECT count(*) FROM gone_mail) + (SELECT count(*) FROM gone_token))::int INTO gone;
        RETURN gone;
      END $$;`,
  down: `
    CREATE OR REPLACE FUNCTION tenancy.purge_mail(ended_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH old_mail AS MATERIALIZED (
          SELECT id FROM tenancy.mail WHERE ended_at < ended_before ORDER BY ended_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), old_token AS MATERIALIZED (
          SELECT token_hash FROM tenancy.mailed_token WHERE expires_at < ended_before ORDER BY expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone_mail AS (
          DELETE FROM tenancy.mail mail USING old_mail WHERE mail.id = old_mail.id RETURNING 1
        ), gone_token AS (
          DELETE FROM tenancy.mailed_token token USING old_token WHERE token.token_hash = old_token.token_hash RETURNING 1
        )
        SELECT ((SELECT count(*) FROM gone_mail) + (SELECT count(*) FROM gone_token))::int
      $$;
    DROP INDEX tenancy.idx_api_key_replaces;
    DROP INDEX tenancy.idx_api_key_rotated_to;
    DROP INDEX tenancy.idx_api_key_ended;
    DROP INDEX tenancy.idx_session_ended;
    DROP INDEX tenancy.idx_invitation_ended;
    DROP FUNCTION tenancy.enforce_retention;
    DROP FUNCTION tenancy.past_retention;
    DROP POLICY owner_finds ON tenancy.account;
    DROP POLICY owner_keeps ON tenancy.consent_withdrawal;
    DROP POLICY owner_compares ON tenancy.consent;
    DROP POLICY owner_keeps ON tenancy.consent;
    DROP POLICY owner_keeps ON tenancy.used_refresh_token;
    DROP POLICY owner_keeps ON tenancy.session;
    DROP POLICY owner_keeps ON tenancy.api_key_use;
    DROP POLICY owner_keeps ON tenancy.api_key;
    DROP POLICY owner_keeps ON tenancy.invitation;
    DROP TABLE tenancy.retention_policy;
    DROP FUNCTION tenancy.lock_legal_holds;
    DROP FUNCTION tenancy.legal_holds_on;
    DROP POLICY owner_asks ON tenancy.membership;
    DROP TABLE tenancy.legal_hold;`,
};
