import { personalColumns } from '@plinth/contracts';
import { holders } from './holders.js';

it('are places of which the data map says that they hold personal data', () => {
  const personal = new Set(personalColumns.map(({ place }) => place));
  expect(holders.flatMap(({ places }) => places).filter((place) => !personal.has(place))).toEqual([]);
});
