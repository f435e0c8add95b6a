import fc from 'fast-check';
import { readChatRequest } from './chat-request.js';
import { membersOf } from './json-members.js';

const aliases = new Map([['fast', 'gpt-4o-mini']]);
const read = (text: string) => readChatRequest(JSON.parse(text) as Record<string, unknown>, Buffer.from(text), aliases);
const sent = (text: string) => read(text).body.toString();

describe('readChatRequest', () => {
  it.each([
    ['a request that needs nothing', '{ "messages" : [ ], "model":"m", "seed": 1e2 }'],
    ['a stream that asks for its usage', '{"stream":true,"model":"m","stream_options":{"include_usage" : true}}'],
    ['options of a request that is not streamed', '{"model":"m","stream":false,"stream_options":null}'],
  ])('leaves %s as it is, byte for byte', (_, text) => {
    expect(sent(text)).toBe(text);
  });

  it.each([
    ['{ "model":"m","stream":true}', '{"stream_options":{"include_usage":true}, "model":"m","stream":true}'],
    ['{"model":"m","stream":true,"stream_options":null , "n":1}', '{"model":"m","stream":true,"stream_options":{"include_usage":true} , "n":1}'],
    [
      '{"model":"m","stream":true,"stream_options":{"include_usage":false,"include_obfuscation":false}}',
      '{"model":"m","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}',
    ],
    ['{"m\\u006fdel" : "fast" ,"messages":[{"model":"fast"}]}', '{"m\\u006fdel" : "gpt-4o-mini" ,"messages":[{"model":"fast"}]}'],
    ['{"model":"fast","stream":true}', '{"stream_options":{"include_usage":true},"model":"gpt-4o-mini","stream":true}'],
  ])('makes of %s the provider’s %s', (text, expected) => {
    expect(sent(text)).toBe(expected);
  });

  it('says what of the usage is the caller’s to see', () => {
    expect(read('{"model":"m","stream":true}').wantsUsage).toBe(false);
    expect(read('{"model":"m","stream":true,"stream_options":{"include_usage":true}}').wantsUsage).toBe(true);
  });

  it.each(['meta/llama-3.1:8b', 'ft:gpt-4o-mini:org::id', '@cf/mistral-7b'])('takes %s for the name of a model', (model) => {
    expect(read(JSON.stringify({ model })).providerModel).toBe(model);
  });

  it.each(['jane@mail.example', 'plk_live_0123456789', 'Which model?', '4111111111111111', 'a\r\nb'])('says of %j, which is no name, that there is no such model, and does not quote it', (model) => {
    const problem: unknown = expect.objectContaining({ code: 'model_not_found', status: 404, detail: 'The model does not exist, or there is no access to it.' });
    expect(() => read(JSON.stringify({ model }))).toThrow(problem as Error);
  });

  it('changes of any request nothing but the two splices', () => {
    const members = fc.dictionary(fc.string({ unit: 'grapheme' }).filter((name) => !['model', 'stream', 'stream_options', '__proto__'].includes(name)), fc.jsonValue());
    fc.assert(
      fc.property(members, fc.nat({ max: 4 }), (others, indent) => {
        const body = { ...others, model: 'fast', stream: true };
        const text = JSON.stringify(body, null, indent);
        expect(JSON.parse(sent(text))).toEqual({ ...(JSON.parse(text) as object), model: 'gpt-4o-mini', stream_options: { include_usage: true } });
      }),
    );
  });
});

describe('membersOf', () => {
  it('finds each member of any object and its value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__'), fc.jsonValue()), fc.nat({ max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { members } = membersOf(text);
        const found = Object.fromEntries(members.map(({ name, valueStart, valueEnd }) => [name, JSON.parse(text.slice(valueStart, valueEnd)) as unknown]));
        expect(found).toEqual(JSON.parse(text));
      }),
    );
  });
});
