import fc from 'fast-check';
import { readChatRequest } from './chat-request.js';
import { membersOf } from './json-members.js';

const aliases = new Map([['fast', 'gpt-4o-mini']]);
const limits = { usual: 100, most: 500 };
const read = (text: string) => readChatRequest(JSON.parse(text) as Record<string, unknown>, Buffer.from(text), aliases, limits);
const sent = (text: string) => read(text).body.toString();

describe('readChatRequest', () => {
  it.each([
    ['a request that needs nothing', '{ "messages" : [ ], "model":"m", "seed": 1e2, "max_tokens" : 5e2 }'],
    ['a stream that asks for its usage', '{"stream":true,"model":"m","max_completion_tokens":1,"stream_options":{"include_usage" : true}}'],
    ['options of a request that is not streamed', '{"model":"m","stream":false,"stream_options":null,"max_tokens":500,"max_completion_tokens":null}'],
  ])('leaves %s as it is, byte for byte', (_, text) => {
    expect(sent(text)).toBe(text);
  });

  it.each([
    ['{ "model":"m","stream":true,"max_tokens":7}', '{"stream_options":{"include_usage":true}, "model":"m","stream":true,"max_tokens":7}'],
    ['{"max_tokens":7,"model":"m","stream":true,"stream_options":null , "n":1}', '{"max_tokens":7,"model":"m","stream":true,"stream_options":{"include_usage":true} , "n":1}'],
    [
      '{"max_tokens":7,"model":"m","stream":true,"stream_options":{"include_usage":false,"include_obfuscation":false}}',
      '{"max_tokens":7,"model":"m","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}',
    ],
    ['{"m\\u006fdel" : "fast" ,"max_tokens":7,"messages":[{"model":"fast"}]}', '{"m\\u006fdel" : "gpt-4o-mini" ,"max_tokens":7,"messages":[{"model":"fast"}]}'],
    ['{"model":"m"}', '{"max_completion_tokens":100,"model":"m"}'],
    ['{"model":"m","max_tokens":null}', '{"model":"m","max_tokens":100}'],
    ['{"model":"m","max_tokens":501 , "max_completion_tokens": 1e6}', '{"model":"m","max_tokens":500 , "max_completion_tokens": 500}'],
    ['{"model":"m","m\\u0061x_tokens":9999}', '{"model":"m","m\\u0061x_tokens":500}'],
    ['{"model":"fast","stream":true}', '{"stream_options":{"include_usage":true},"max_completion_tokens":100,"model":"gpt-4o-mini","stream":true}'],
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

  it.each([
    ['max_tokens', '0'],
    ['max_tokens', '-1'],
    ['max_tokens', '"100"'],
    ['max_completion_tokens', '1.5'],
    ['max_completion_tokens', 'true'],
    ['max_completion_tokens', '1e300'],
    ['n', '0'],
    ['n', '129'],
    ['n', '"2"'],
  ])('refuses %s: %s, of which a provider could make more than was reserved', (name, value) => {
    expect(() => read(`{"model":"m","${name}":${value}}`)).toThrow(expect.objectContaining({ code: 'invalid_request', status: 400 }) as Error);
  });

  it.each(['Max_Tokens', 'MODEL', 'N', 'max_to\u212Aens', '\u017Ftream'])('refuses %s, which some providers take for a name that is minded', (name) => {
    expect(() => read(`{"model":"m","max_tokens":5,"${name}":5}`)).toThrow(expect.objectContaining({ code: 'invalid_request', status: 400 }) as Error);
  });

  it('knows the most that a call can use: no token of a text is less than a byte, and each answer has its limit', () => {
    const text = '{"model":"m","n":3,"max_tokens":40,"messages":[{"role":"user","content":"grüezi 👋"}]}';
    expect(read(text).mostTokens()).toBe(Buffer.byteLength(text) + 64 + 3 * 40);
    expect(read('{"model":"m","max_tokens":9999}').mostTokens()).toBe(31 + 64 + 500);
    expect(read('{"model":"m","max_tokens":10,"max_completion_tokens":20}').mostTokens()).toBe(56 + 64 + 20);
    expect(read('{"model":"m"}').mostTokens()).toBe(13 + 64 + 100);
  });

  it('counts a picture as a picture, and not by its bytes', () => {
    const withPart = (part: object) => read(JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: [part] }] })).mostTokens();
    const picture = (url: string) => withPart({ type: 'image_url', image_url: { url } });
    expect(picture(`data:image/png;base64,${'A'.repeat(100_000)}`)).toBe(picture('https://pictures.example/1.png'));
    expect(picture('https://pictures.example/1.png')).toBeGreaterThan(1_500);
    expect(withPart({ type: 'file', file: { file_data: 'A'.repeat(100_000) } })).toBeGreaterThan(25_000);
  });

  it('changes of any request nothing but the splices', () => {
    const members = fc.dictionary(fc.string({ unit: 'grapheme' }).filter((name) => !['model', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens', '__proto__'].includes(name.toUpperCase().toLowerCase())), fc.jsonValue());
    fc.assert(
      fc.property(members, fc.nat({ max: 4 }), (others, indent) => {
        const body = { ...others, model: 'fast', stream: true };
        const text = JSON.stringify(body, null, indent);
        expect(JSON.parse(sent(text))).toEqual({ ...(JSON.parse(text) as object), model: 'gpt-4o-mini', stream_options: { include_usage: true }, max_completion_tokens: 100 });
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
