import { createServer } from 'node:http';
import { KeyRing } from '@plinth/auth';
const ring = KeyRing.of([process.argv[2]]);
const body = JSON.stringify({ id: 'x'.repeat(36), name: 'a tenant', settings: {}, pad: 'y'.repeat(120) });
const s = createServer((q, r) => { if (q.url === '/.well-known/jwks.json') return r.end(JSON.stringify(ring.publicJwks())); q.resume(); r.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }); r.end(body); });
s.listen(0, '127.0.0.1', () => process.send({ port: s.address().port }));
