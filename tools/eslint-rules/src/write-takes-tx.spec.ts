import { testRule } from './testing.ts';
import { writeTakesTx } from './write-takes-tx.ts';

const method = (signature: string, body: string) => `class TenantsRepository { ${signature} { ${body} } }`;
const insert = "return tx.query('INSERT INTO tenancy.tenant (id) VALUES ($1)', [id]);";

testRule('write-takes-tx', writeTakesTx, {
  passes: [
    { name: 'a write with the transaction passes', code: method('async add(tx: Tx, id: string)', insert) },
    { name: 'a read on a connection passes', code: method('find(conn: Conn)', "return conn.query('SELECT 1 FROM tenancy.tenant FOR UPDATE SKIP LOCKED');") },
    { name: 'a write in a callback is covered by its function', code: method('async addAll(tx: Tx, ids: string[])', `await Promise.all(ids.map((id) => { ${insert} }));`) },
    { name: 'a constant is judged where it is used', code: "const ADD = 'INSERT INTO t VALUES (1)';\nexport function add(tx: Tx) { return tx.query(ADD); }" },
    { name: 'words of a message are no statement', code: method('find(id: string)', "throw new Error('update failed, delete it by hand');") },
  ],
  fails: [
    { name: 'a write without a transaction is reported', code: method('async add(id: string)', insert), reports: ['tx'] },
    { name: 'a read connection is no transaction', code: method('add(tx: Conn, id: string)', insert), reports: ['tx'] },
    { name: 'an untyped parameter is reported', code: method('add(tx, id)', insert), reports: ['tx'] },
    { name: 'a transaction in second place is reported', code: method('add(id: string, tx: Tx)', insert), reports: ['tx'] },
    { name: 'an update with a name from outside is reported', code: method('rename()', 'return db.query(`UPDATE ${schema}.tenant AS t SET name = $1`);'), reports: ['tx'] },
    { name: 'a delete in lower case is reported', code: method('remove()', "return db.query('delete from tenancy.tenant');"), reports: ['tx'] },
    { name: 'a write below a WITH is reported', code: method('move()', 'return db.query(`WITH gone AS (DELETE FROM a RETURNING *) SELECT 1`);'), reports: ['tx'] },
    {
      name: 'a transaction that the repository opens itself is reported',
      code: method('add(id: string)', `return this.transactor.run(scope, (tx: Tx) => { ${insert} });`),
      reports: ['tx'],
    },
    { name: 'a constant used without a transaction is reported', code: "const ADD = 'INSERT INTO t VALUES (1)';\nexport const add = () => db.query(ADD);", reports: ['tx'] },
    {
      name: 'a static property used without a transaction is reported',
      code: "class R { static readonly add = 'INSERT INTO t VALUES (1)'; run() { return db.query(R.add); } }",
      reports: ['tx'],
    },
  ],
});
