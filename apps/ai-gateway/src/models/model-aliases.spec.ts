import { parseAliases } from './model-aliases.js';

describe('parseAliases', () => {
  it('reads alias=model', () => {
    expect([...parseAliases(['fast=gpt-4o-mini', 'smart=a=b'])]).toEqual([['fast', 'gpt-4o-mini'], ['smart', 'a=b']]);
  });

  it.each([[['fast']], [['=x']], [['a=']], [['a=x', 'a=y']]])('refuses %j', (entries) => {
    expect(() => parseAliases(entries)).toThrow('must');
  });
});
