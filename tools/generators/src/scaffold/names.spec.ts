import { entityNames, entityOfService, pluralOf } from './names.ts';

describe('names', () => {
  it.each([['note', 'notes'], ['company', 'companies'], ['day', 'days'], ['box', 'boxes'], ['branch', 'branches'], ['price-list', 'price-lists']])('the plural of %s is %s', (one, many) => {
    expect(pluralOf(one)).toBe(many);
  });

  it.each([['notes', 'note'], ['note-service', 'note'], ['companies', 'company'], ['boxes', 'box'], ['billing', 'billing'], ['status', 'status'], ['access', 'access']])('%s keeps each %s', (service, entity) => {
    expect(entityOfService(service)).toBe(entity);
  });

  it('are written as each place wants them', () => {
    expect(entityNames('order-item')).toEqual({
      ...{ entity: 'order-item', entityVar: 'orderItem', Entity: 'OrderItem', snake: 'order_item', entityText: 'order item', aEntity: 'an order item', AnEntity: 'An order item' },
      ...{ plural: 'order-items', pluralVar: 'orderItems', Plural: 'OrderItems', pluralSnake: 'order_items', pluralText: 'order items' },
    });
  });

  it.each(['Note', 'note_1', '1note', 'note-', 'a'.repeat(31), ''])('"%s" is no name', (name) => {
    expect(() => entityNames(name)).toThrow('is no name');
  });

  it('words of SQL and JavaScript are refused, and a plural that is the singular', () => {
    expect(() => entityNames('user')).toThrow('a word of SQL or JavaScript');
    expect(() => entityNames('sheep', 'sheep')).toThrow('--plural');
  });
});
