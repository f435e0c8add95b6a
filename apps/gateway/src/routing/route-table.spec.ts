import { featureOfRoute } from '@plinth/contracts';
import { routeTable } from './route-table.js';

describe('the route table', () => {
  it('has of each route the feature that it belongs to, or a reason why it belongs to none', () => {
    expect(routeTable.filter(({ path }) => featureOfRoute(path) === undefined).map(({ path }) => path)).toEqual([]);
  });
});
