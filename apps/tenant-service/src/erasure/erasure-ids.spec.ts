import { randomBytes } from 'node:crypto';
import { isUuid, newId } from '@plinth/kernel';
import { ErasureIds } from './erasure-ids.js';

describe('ids of erasures', () => {
  const secret = randomBytes(32);
  const ids = new ErasureIds([secret]);

  it('are UUIDs of version 7 that sort by their time, and no two are the same', () => {
    const made = Array.from({ length: 1_000 }, () => ids.make(newId()));
    for (const id of made) expect([isUuid(id), id]).toEqual([true, expect.stringMatching(/^.{8}-.{4}-7.{3}-[89ab].{3}-.{12}$/)]);
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  it('are recognized for their account alone, by a secret that has been replaced too, and by no other', () => {
    const [account, other] = [newId(), newId()];
    const id = ids.make(account);
    expect([ids.isOf(id, account), ids.isOf(id, other), ids.isOf(newId(), account), ids.isOf('', account)]).toEqual([true, false, false, false]);
    expect(new ErasureIds([randomBytes(32), secret]).isOf(id, account)).toBe(true);
    expect(new ErasureIds([randomBytes(32)]).isOf(id, account)).toBe(false);
    const [changed] = id.match(/.$/) ?? [];
    expect(ids.isOf(`${id.slice(0, -1)}${changed === '0' ? '1' : '0'}`, account)).toBe(false);
  });
});
