import { fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { AccessTokenIssuer, KeyRing } from '@plinth/auth';
const seed = 'seed.' + randomBytes(32).toString('base64url'), tseed = 'seed.' + randomBytes(32).toString('base64url');
const up = fork('./up.mjs', [tseed]); const [{ port: upPort }] = await once(up, 'message');
const gw = fork('./gw.mjs', [`http://127.0.0.1:${upPort}`, seed, randomBytes(32).toString('base64url'), ...(process.argv[2] ? [process.argv[2]] : [])], { execArgv: (process.env.GWARGS ?? '').split(' ').filter(Boolean) }); const [{ port: gwPort }] = await once(gw, 'message');
const { token } = await new AccessTokenIssuer({ keys: KeyRing.of([tseed]), issuer: 'http://i' }).issue({ userId: randomUUID(), sessionId: randomUUID(), memberships: [{ tenantId: randomUUID(), roles: ['owner'] }] });
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const one = (port, method, body) => new Promise((res, rej) => { const t = performance.now(); const r = request({ port, host: '127.0.0.1', method, path: '/v1/tenants/' + '0'.repeat(36), agent, headers: { authorization: 'Bearer ' + token, 'user-agent': 'bench/1', accept: '*/*', ...(body ? { 'content-type': 'application/json', 'content-length': body.length } : {}) } }, (a) => { a.resume(); a.on('end', () => a.statusCode === 200 ? res(performance.now() - t) : rej(new Error(a.statusCode))); }); r.on('error', rej); r.end(body); });
const cpu = async () => { gw.send(1); return (await once(gw, 'message'))[0]; };
for (let i = 0; ; i++) { try { await one(gwPort, 'GET'); break; } catch { await new Promise(r => setTimeout(r, 50)); } }
const body = JSON.stringify({ name: 'x'.repeat(200) });
async function run(label, port, method, conc, n) {
  const b = method === 'PATCH' ? body : undefined; const lat = []; let left = n;
  if (port === gwPort) await cpu(); const t0 = performance.now();
  await Promise.all(Array.from({ length: conc }, async () => { while (left-- > 0) lat.push(await one(port, method, b)); }));
  const secs = (performance.now() - t0) / 1000; lat.sort((a, b) => a - b);
  const c = port === gwPort ? await cpu() : { cpuUs: 0, rss: 0 };
  console.log(label.padEnd(22), method, `c=${conc}`, `${Math.round(n / secs)} r/s`, `p50 ${(lat[n >> 1]).toFixed(3)} p99 ${(lat[Math.floor(n * .99)]).toFixed(3)} ms`, c.cpuUs ? `gateway CPU ${(c.cpuUs / n).toFixed(1)} us/req rss ${(c.rss / 1e6).toFixed(0)} MB heap ${(c.heap/1e6).toFixed(1)}` : '');
}
for (const m of ['GET', 'PATCH']) { await run('warm', gwPort, m, 16, 20000); }
for (let k = 0; k < 2; k++) for (const m of ['GET', 'PATCH']) {
  await run('direct', upPort, m, 1, 4000); await run('gateway', gwPort, m, 1, 4000);
  await run('direct', upPort, m, 32, 20000); await run('gateway', gwPort, m, 32, 20000);
}
up.kill(); gw.send('exit'); await once(gw,'exit'); process.exit(0);
