import type { Migration } from '@plinth/database';

/**
 * Who publishes what (docs/adr/0027-leased-partitions.md). A lease has no time of its own: it is good for as long as its
 * replica is, so that one row renews all of a replica's leases. No tenant: both tables hold ids of processes.
 */
export const leases: Migration = {
  name: '0003_leases',
  up: `
    CREATE TABLE relay.replica (
      id UUID PRIMARY KEY,
      expires_at TIMESTAMPTZ NOT NULL
    );
    CREATE TABLE relay.lease (
      source TEXT NOT NULL,
      partition SMALLINT NOT NULL,
      replica_id UUID REFERENCES relay.replica (id) ON DELETE SET NULL,
      CONSTRAINT lease_pkey PRIMARY KEY (source, partition)
    );
    CREATE INDEX idx_lease_replica ON relay.lease (replica_id);
    GRANT SELECT, INSERT, UPDATE, DELETE ON relay.replica TO plinth_relay_system;
    GRANT SELECT, INSERT, UPDATE ON relay.lease TO plinth_relay_system;`,
  down: `
    DROP TABLE relay.lease;
    DROP TABLE relay.replica;`,
};
