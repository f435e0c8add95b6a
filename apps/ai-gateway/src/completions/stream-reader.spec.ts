import { StreamReader } from './stream-reader.js';
import { estimateCompletionTokens, estimatePromptTokens } from './token-estimate.js';

const frame = (value: unknown) => ({ bytes: Buffer.alloc(0), data: typeof value === 'string' ? value : JSON.stringify(value) });
const delta = (content: string) => frame({ choices: [{ delta: { content } }], usage: null });
const usage = { prompt_tokens: 4, completion_tokens: 6 };

describe('StreamReader', () => {
  it('withholds the frame that only tells the usage, and takes its counts', () => {
    const reader = new StreamReader(false);
    expect(reader.read(delta('hi'))).toBe('forward');
    expect(reader.read(frame({ choices: [], usage }))).toBe('withhold');
    expect(reader.usage).toEqual({ promptTokens: 4, completionTokens: 6 });
  });

  it('forwards it to who asked, and to everybody where it says more', () => {
    expect(new StreamReader(true).read(frame({ choices: [], usage }))).toBe('forward');
    expect(new StreamReader(false).read(frame({ choices: [{ delta: {} }], usage }))).toBe('forward');
  });

  it('knows the end, and what is a fault', () => {
    const reader = new StreamReader(false);
    expect(reader.read(frame('[DONE]'))).toBe('done');
    expect(reader.read({ bytes: Buffer.alloc(0), data: null })).toBe('forward');
    for (const fault of ['{"choices":', '[1]', '"x"', '{"error":{"message":"m"}}']) expect(reader.read(frame(fault))).toBe('fault');
  });

  it('takes no counts that are none', () => {
    const reader = new StreamReader(false);
    reader.read(frame({ choices: [], usage: { prompt_tokens: -1, completion_tokens: '6' } }));
    expect(reader.usage).toBeNull();
  });

  it('counts the text of contents, refusals and arguments, in UTF-8', () => {
    const reader = new StreamReader(false);
    reader.read(delta('häh'));
    reader.read(frame({ choices: [{ delta: { refusal: 'no', tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }] } }] }));
    expect(reader.textBytes).toBe(4 + 2 + 3);
  });
});

describe('the estimate', () => {
  it('is a token for 4 bytes of text, and 4 a message', () => {
    expect(estimateCompletionTokens(0)).toBe(0);
    expect(estimateCompletionTokens(9)).toBe(3);
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const messages = [{ role: 'system', content: '12345678' }, { role: 'user', content: [{ type: 'text', text: '1234' }, image] }];
    expect(estimatePromptTokens({ messages })).toBe(3 + 8);
    expect(estimatePromptTokens({ messages: 'none' })).toBe(0);
  });
});
