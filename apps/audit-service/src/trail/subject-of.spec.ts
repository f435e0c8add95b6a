import { subjectOf } from './subject-of.js';
import { someContent } from './testing.js';

describe('whose a personal value is', () => {
  const [actor, resource] = [someContent.actor.id, someContent.resource.id];

  it.each([
    ['the address', '/ip', {}, actor],
    ['the program', '/userAgent', {}, actor],
    ['the address of nobody who is known', '/ip', { actor: { type: 'anonymous', id: null } }, resource],
    ['a property of the resource', '/after/contactEmail', {}, resource],
    ['a property of the resource as it was', '/before/contactEmail', {}, resource],
    ['the reason', '/reason', {}, resource],
    ['a property of something that is named', '/after/user/email', { after: { user: { id: 'the user', email: 'x' } } }, 'the user'],
    ['a property of the innermost that is named', '/after/members/1/contact/email', { after: { id: 'outer', members: [null, { id: 'inner', contact: {} }] } }, 'inner'],
    ['what is itself named', '/after/user', { after: { id: 'outer', user: { id: 'the user' } } }, 'outer'],
    ['a property whose object has a number for an id', '/after/email', { after: { id: 7, email: 'x' } }, resource],
    ['of nobody at all', '/after/email', { actor: { type: 'anonymous', id: null }, resource: { type: 'x', id: null } }, 'nobody'],
  ])('%s', (_, pointer, changes, subject) => {
    expect(subjectOf(pointer, { ...someContent, ...changes })).toBe(subject);
  });
});
