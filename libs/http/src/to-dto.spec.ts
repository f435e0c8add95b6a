import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import { toDto } from './to-dto.js';

class PartDto {
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  name?: string;
  data?: unknown;
}

class ThingDto {
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  name?: string;
  settings?: unknown;
  tags?: unknown;

  @Type(() => PartDto)
  parts?: PartDto[];

  @Type(() => PartDto)
  main?: PartDto;
}

const read = (json: string) => toDto(ThingDto, JSON.parse(json));

describe('toDto', () => {
  it('makes the DTO and the DTOs inside, each with its transformations', () => {
    const { dto, refused } = read('{"name":"ABC","parts":[{"name":" x "},{"name":"y"}],"main":{"name":" z "}}');
    expect(dto).toBeInstanceOf(ThingDto);
    expect(dto).toEqual({ name: 'abc', parts: [{ name: 'x' }, { name: 'y' }], main: { name: 'z' } });
    expect((dto as ThingDto).parts?.every((part) => part instanceof PartDto)).toBe(true);
    expect(refused).toEqual([]);
  });

  it.each([
    '{"settings":{"constructor":"Acme","toString":1,"hasOwnProperty":[2],"valueOf":{"then":true}}}',
    '{"tags":[{"constructor":"a"},{"then":"b"}]}',
    '{"parts":[{"data":{"constructor":"a","toString":null}}]}',
    '{"parts":"none","main":[]}',
    '{"parts":[null,1,"a",[]]}',
  ])('leaves what has no type as it was sent: %s', (json) => {
    expect(JSON.parse(JSON.stringify(read(json).dto))).toEqual(JSON.parse(json));
  });

  it('names what no DTO can have, wherever it stands', () => {
    const { dto, refused } = read('{"name":"a","constructor":"x","toString":{"a":1},"parts":[{"valueOf":1}],"main":{"hasOwnProperty":2}}');
    expect(refused).toEqual(['/constructor', '/toString', '/parts/0/valueOf', '/main/hasOwnProperty']);
    expect(dto).toEqual({ name: 'a', parts: [{}], main: {} });
  });

  it.each(['1', '"a"', 'null', '[]'])('gives %s back for the validators to refuse', (json) => {
    expect(toDto(PartDto, JSON.parse(json)).dto).toEqual(JSON.parse(json));
  });
});
