import fc from 'fast-check';
import { readHeaders, storeHeaders } from './stored-headers.js';

describe('stored headers', () => {
  it('give back every name and byte, in order', () => {
    const header = fc.record({
      name: fc.string({ unit: fc.constantFrom('\0', '%', '0', '2', '5', 'a', 'é', '"') }),
      value: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    });
    fc.assert(
      fc.property(fc.array(header), (headers) => {
        const stored = storeHeaders(headers);
        expect(JSON.stringify(stored)).not.toContain('\\u0000');
        expect(readHeaders(JSON.parse(JSON.stringify(stored)) as typeof stored)).toEqual(headers);
      }),
    );
  });
});
