import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { internalHeaders } from '@plinth/auth';

/** A call as it came: in whose name, and what for. */
interface SeenCall {
  readonly tenantId: string | null;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** audit-service and ai-gateway in one, as far as archives go: each row is a page. */
export async function startOtherServices() {
  const calls: SeenCall[] = [];
  const rows = new Map<string, readonly object[]>();
  let logs: readonly string[] = [];
  let failing = false;
  const server = createServer((request, response) => {
    const call = readCall(request);
    calls.push(call);
    if (failing) return void response.writeHead(503).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(call.path === 'logs' ? { tenantIds: logs } : pageOf(rows.get(`${call.path} ${call.tenantId}`) ?? [], call)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    calls,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** @param what the last part of the path */
    has: (what: 'entries' | 'entries-of-person' | 'usage', tenantId: string, ...found: readonly object[]) => void rows.set(`${what} ${tenantId}`, found),
    standsIn: (...tenantIds: readonly string[]) => void (logs = tenantIds),
    fail: (does: boolean) => void (failing = does),
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function readCall(request: IncomingMessage): SeenCall {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://test');
  const [, claims = ''] = String(request.headers[internalHeaders.identity]).split('.');
  const { tid } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { tid: string | null };
  return { tenantId: tid, path: pathname.replace('/internal/v1/exports/', ''), query: Object.fromEntries(searchParams) };
}

function pageOf(rows: readonly object[], { path, query }: SeenCall) {
  const at = Number(query['before'] ?? 0);
  return { data: rows.slice(at, at + 1), next: at < rows.length ? String(at + 1) : null, ...(path === 'entries' ? { head: { size: rows.length } } : {}) };
}
