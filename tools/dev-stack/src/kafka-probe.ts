import { connect } from 'node:net';

/** What a Metadata request for no topic is answered by version 6 (which every Kafka from 2.0 to 4.x knows). */
const metadataRequest = Buffer.concat([
  Buffer.from([0, 3, 0, 6, 0, 0, 0, 1]), // api key 3, version 6, correlation id 1
  Buffer.from([0, 6]),
  Buffer.from('plinth'), // client id
  Buffer.from([0, 0, 0, 0, 0]), // no topics, create none
]);

/** `probeKafka` of a `host:port`. */
export function probeBroker(address: string): Promise<void> {
  const [, host = '', port = '9092'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return probeKafka(host, Number(port), 3_000);
}

/**
 * Resolves where a broker answers and knows at least one broker that is not fenced, so that a client
 * which connects now finds a cluster. Source: the Kafka protocol guide.
 *
 * @throws Error that says what is missing, within `timeoutMs`
 */
export function probeKafka(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const settle = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    let answer = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => settle(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('error', settle);
    socket.once('close', () => settle(new Error('the connection was closed')));
    socket.once('connect', () => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(metadataRequest.length);
      socket.write(Buffer.concat([size, metadataRequest]));
    });
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      // size, correlation id, throttle time, then the number of brokers
      if (answer.length < 16) return;
      settle(answer.readInt32BE(12) > 0 ? undefined : new Error('the broker has not joined its cluster yet'));
    });
  });
}
