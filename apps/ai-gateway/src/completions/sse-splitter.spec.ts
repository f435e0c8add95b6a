import fc from 'fast-check';
import { maxFrameBytes, SseSplitter } from './sse-splitter.js';

const framesIn = (chunks: readonly Buffer[]) => {
  const splitter = new SseSplitter();
  return chunks.flatMap((chunk) => splitter.push(chunk));
};

describe('SseSplitter', () => {
  it('reads the data of each frame and passes its bytes on as they are', () => {
    const text = 'data: {"a":1}\n\n: a comment\n\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\ndata\n\n';
    const frames = framesIn([Buffer.from(text)]);
    expect(frames.map(({ data }) => data)).toEqual(['{"a":1}', null, 'two\nlines', '']);
    expect(Buffer.concat(frames.map(({ bytes }) => bytes)).toString()).toBe(text);
  });

  it('finds the same frames wherever the network cuts the bytes', () => {
    const end = fc.constantFrom('\n', '\r\n');
    const line = fc.tuple(fc.constantFrom('data: ', 'data:', ': ', 'event: '), fc.string({ unit: 'grapheme' })).map(([field, text]) => field + text.replace(/[\r\n]/g, ''));
    const frame = fc.tuple(fc.array(line, { minLength: 1, maxLength: 3 }), end).map(([lines, eol]) => [...lines, '', ''].join(eol));
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), fc.array(fc.nat({ max: 400 }), { maxLength: 20 }), (texts, cuts) => {
        const whole = Buffer.from(texts.join(''));
        const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((to, index) => whole.subarray(at[index], to));
        const frames = framesIn(chunks);
        expect(frames.map(({ bytes }) => bytes.toString())).toEqual(texts);
      }),
    );
  });

  it('holds a frame back until it is whole', () => {
    expect(framesIn([Buffer.from('data: 1\n\ndata: 2\n')]).map(({ data }) => data)).toEqual(['1']);
  });

  it('refuses a line that does not end before it fills the memory', () => {
    const splitter = new SseSplitter();
    const mebibyte = Buffer.alloc(1_048_576, 'x');
    const push = () => splitter.push(mebibyte);
    for (let pushed = 0; pushed + mebibyte.length <= maxFrameBytes; pushed += mebibyte.length) push();
    expect(push).toThrow('provider_failed');
  });
});
