import { configClass, ConfigError, integer } from '@plinth/config';
import fc from 'fast-check';
import { flagOverrides, FlagOverrides, variableOfFlag } from './flag-overrides.js';

class SampleConfig extends configClass({
  port: integer('PORT', { description: 'Port.', min: 0, max: 65_535 }),
  flags: flagOverrides({ 'new-trail': 'boolean', 'page-size': 'number' }),
}) {}

const read = (environment: Record<string, string>) => SampleConfig.fromEnvironment({ PORT: '1', ...environment }).flags;

describe('flagOverrides', () => {
  it('reads every FLAG_<KEY>, each by the type that its flag has', () => {
    const flags = read({ FLAG_NEW_TRAIL: 'true', FLAG_PAGE_SIZE: ' 2.5 ', FLAG_THEME_2: '{"dark":true}', FLAG_WELCOME: 'true', FLAG_EMPTY: '', FLAGS: 'x', OTHER: 'x' });
    expect(flags.keys.toSorted()).toEqual(['new-trail', 'page-size', 'theme-2', 'welcome']);
    expect([flags.find('new-trail', 'boolean'), flags.find('page-size', 'number'), flags.find('theme-2', 'json'), flags.find('welcome', 'string')]).toEqual([true, 2.5, { dark: true }, 'true']);
    expect(flags.find('empty', 'boolean')).toBeUndefined();
    expect(read({}).keys).toEqual([]);
  });

  it('stops the start for all that is malformed at once, by name and without a value', () => {
    const bad = { PORT: 'x', FLAG_NEW_TRAIL: 's3cret', FLAG_PAGE_SIZE: '0x10', FLAG_THEME: '{"s3cret"', FLAG_new_trail: 's3cret', FLAG__A: 's3cret' };
    expect(() => read(bad)).toThrow(ConfigError);
    try {
      read(bad);
    } catch (error) {
      const { problems, message } = error as ConfigError;
      expect(problems).toEqual([
        'PORT must be a whole number from 0 to 65535',
        "FLAG_new_trail must be FLAG_ and the flag's key in capitals, with _ for -",
        "FLAG__A must be FLAG_ and the flag's key in capitals, with _ for -",
        'FLAG_NEW_TRAIL must be true or false',
        'FLAG_PAGE_SIZE must be a number, as 10 or 2.5',
        'FLAG_THEME must be a JSON object',
      ]);
      expect(message).not.toContain('s3cret');
    }
  });

  it('has one variable for each key, and no key has two', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,3}$/), (key) => {
        expect(read({ [variableOfFlag(key)]: 'on' === key ? 'x' : 'text' }).keys).toEqual([key]);
      }),
      { examples: [['other-flag']] },
    );
  });

  it('refuses a value of another type than the flag turns out to have', () => {
    const flags = FlagOverrides.of({ 'some-flag': 'maybe' });
    expect(() => flags.find('some-flag', 'boolean')).toThrow('FLAG_SOME_FLAG must be true or false');
    expect(() => flags.find('some-flag', 'json')).toThrow('FLAG_SOME_FLAG must be a JSON object');
    expect(FlagOverrides.none.find('some-flag', 'boolean')).toBeUndefined();
  });
});
