import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { UserError } from './output.ts';
import { findTaken, ownerOf, parseListeners, parsePortBase, takenMessage } from './ports.ts';

const listening = async (host: string): Promise<[Server, number]> => {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  return [server, (server.address() as AddressInfo).port];
};

describe('parseListeners', () => {
  it('reads port, inode and user of listening sockets, and passes over connections in TIME_WAIT', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 4242 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 0100007F:D431 06 00000000:00000000 03:000016C5 00000000     0        0 0 3 0000000000000000
`;
    expect(parseListeners(table)).toEqual([{ port: 8080, inode: '4242', uid: 1001 }]);
  });
});

describe('a taken port', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('on %s is found with the process that listens on it', async (host) => {
    const [server, port] = await listening(host);
    expect(ownerOf(port)).toMatchObject({ pid: process.pid });
    expect(await findTaken([{ port, part: 'gateway' }])).toMatchObject([{ port, part: 'gateway', owner: { pid: process.pid } }]);
    server.close();
    await once(server, 'close');
    expect(await findTaken([{ port, part: 'gateway' }])).toEqual([]);
  });
});

describe('takenMessage', () => {
  it('names the ports, the owner and the two ways to mend it in one line', () => {
    const owner = { pid: 123, name: 'nginx' };
    const message = takenMessage([{ port: 8080, part: 'gateway', owner }, { port: 8081, part: 'tenant-service', owner }], 8280);
    expect(message).toBe(
      'ports 8080 (gateway), 8081 (tenant-service) are taken by nginx (pid 123). Stop it: kill 123, or run: PLINTH_PORT_BASE=8280 make up',
    );
  });

  it('names another Plinth stack by its home', () => {
    const owner = { pid: 5, name: 'node', stackHome: '/srv/other/.plinth' };
    expect(takenMessage([{ port: 8080, part: 'gateway', owner }], 8280)).toBe(
      'port 8080 (gateway) is taken by the Plinth stack in /srv/other/.plinth. Stop it: PLINTH_HOME=/srv/other/.plinth make down, or run: PLINTH_PORT_BASE=8280 make up',
    );
  });

  it('names the user where the process is hidden from us', () => {
    expect(takenMessage([{ port: 8080, part: 'gateway', owner: { uid: 33 } }], undefined)).toContain('port 8080 (gateway) is taken by a process of user 33');
  });
});

describe('parsePortBase', () => {
  it('is 8080 where nothing is said', () => {
    expect(parsePortBase(undefined)).toBe(8080);
    expect(parsePortBase('')).toBe(8080);
  });

  it.each(['80', '65500', '8080.5', 'http'])('refuses %s', (text) => {
    expect(() => parsePortBase(text)).toThrow(UserError);
  });
});
