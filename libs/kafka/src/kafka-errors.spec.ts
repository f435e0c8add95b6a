import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError, KafkaJSRequestTimeoutError } from 'kafkajs';
import { kafkaErrorCode, kafkaFaultOf } from './kafka-errors.js';

function protocolError(type: string, retriable = false) {
  // The type declaration takes a message only; the library reads these three.
  return new KafkaJSProtocolError({ message: 'text of the broker', type, retriable } as unknown as Error);
}

describe('kafkaFaultOf', () => {
  it.each([
    ['record', protocolError('MESSAGE_TOO_LARGE')],
    ['record', new TypeError('value is not a buffer')],
    ['topic', protocolError('UNKNOWN_TOPIC_OR_PARTITION', true)],
    ['topic', protocolError('TOPIC_AUTHORIZATION_FAILED')],
    ['broker', protocolError('NOT_ENOUGH_REPLICAS', true)],
    ['broker', new KafkaJSConnectionError('connect ECONNREFUSED', { code: 'ECONNREFUSED' })],
    ['broker', new KafkaJSRequestTimeoutError('Request timed out')],
    ['broker', 'not even an error'],
  ] as const)('lays the fault on the %s', (fault, error) => {
    expect(kafkaFaultOf(error)).toBe(fault);
  });

  it('looks through the error that ended the retries', () => {
    const cause = protocolError('UNKNOWN_TOPIC_OR_PARTITION', true);
    const wrapped = new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 3, retryTime: 100 });
    expect(kafkaFaultOf(wrapped)).toBe('topic');
    expect(kafkaErrorCode(wrapped)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });
});

describe('kafkaErrorCode', () => {
  it('is the protocol error, the code of the socket, or the class; never the message', () => {
    expect(kafkaErrorCode(protocolError('MESSAGE_TOO_LARGE'))).toBe('MESSAGE_TOO_LARGE');
    expect(kafkaErrorCode(new KafkaJSConnectionError('to 10.0.0.1', { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
    expect(kafkaErrorCode(new KafkaJSRequestTimeoutError('secret'))).toBe('KafkaJSRequestTimeoutError');
  });
});
