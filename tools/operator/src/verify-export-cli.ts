import { readFileSync } from 'node:fs';
import { runCommand, say, UserError } from '@plinth/dev-stack';
import { verifyExport } from './verify-export.ts';

/** `make verify-export f=archive.tar.gz jwks=jwks.json` */
await runCommand(() => {
  const [archive, jwks] = process.argv.slice(2);
  if (!archive || !jwks) throw new UserError('usage: make verify-export f=ARCHIVE jwks=FILE, where FILE is what /.well-known/jwks.json of the installation answered');
  let verified;
  try {
    verified = verifyExport(readFileSync(archive), JSON.parse(readFileSync(jwks, 'utf8')) as Parameters<typeof verifyExport>[1]);
  } catch (error) {
    throw new UserError(`NOT VALID: ${(error as Error).message}`);
  }
  const { subject, issuer, createdAt, kid, files, incomplete } = verified;
  say(`valid: ${subject.type} ${subject.id}, made ${createdAt} by ${issuer}, signed with key ${kid}`);
  for (const { name, rows, bytes } of files) say(`  ${name}  ${rows} rows, ${bytes} bytes`);
  for (const { what, tenantId, rows, why } of incomplete) say(`  NOT ALL of ${what}${tenantId === null ? '' : ` of tenant ${tenantId}`}: ${rows} rows. ${why}`);
  return Promise.resolve();
});
