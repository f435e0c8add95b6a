import type { Migration } from '@plinth/database';

/** From where and by what a session was opened, for its person to know it by; and that a password's hash was made anew, which is no change of the password (docs/adr/0033-passwords.md). */
export const sessionDevicesAndRehash: Migration = {
  name: '0021_session_devices_and_rehash',
  up: `
    -- As the browser or program named itself, cleaned; null where it did not.
    ALTER TABLE tenancy.session ADD COLUMN user_agent TEXT CONSTRAINT session_user_agent_is_short CHECK (char_length(user_agent) <= 256);
    ALTER TABLE tenancy.session ADD COLUMN ip TEXT;

    -- SHA-256 of the hash before and of the one that it was made anew as: who has verified the password by the one has verified it by the other.
    ALTER TABLE tenancy.account ADD COLUMN rehash_proof BYTEA;
    GRANT UPDATE (rehash_proof) ON tenancy.account TO plinth_tenancy_app;
    -- It is of one hash, and goes with it, whoever replaces or erases that.
    CREATE FUNCTION tenancy.forget_rehash_proof() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      IF NEW.rehash_proof IS NOT DISTINCT FROM OLD.rehash_proof THEN NEW.rehash_proof := NULL; END IF;
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION tenancy.forget_rehash_proof() FROM PUBLIC;
    CREATE TRIGGER rehash_proof_goes BEFORE UPDATE OF password_hash ON tenancy.account FOR EACH ROW EXECUTE FUNCTION tenancy.forget_rehash_proof();`,
  down: `
    DROP TRIGGER rehash_proof_goes ON tenancy.account;
    DROP FUNCTION tenancy.forget_rehash_proof();
    REVOKE UPDATE (rehash_proof) ON tenancy.account FROM plinth_tenancy_app;
    ALTER TABLE tenancy.account DROP COLUMN rehash_proof;
    ALTER TABLE tenancy.session DROP COLUMN ip;
    ALTER TABLE tenancy.session DROP COLUMN user_agent;`,
};
