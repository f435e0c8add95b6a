import { configurationPage, envExample } from './configuration.ts';

const services = [
  { name: 'one', fields: [{ variable: 'A', description: 'First | only.', secret: true }, { variable: 'B', description: 'Second.', fallback: ['x', 'y'] }] },
  { name: 'two', fields: [{ variable: 'A', description: 'First | only.', secret: true }] },
];

describe('the configuration documents', () => {
  it('name every variable once in .env.example, with its default and one line', () => {
    const text = envExample(services);
    expect(text.match(/^#A=$/gm)).toHaveLength(1);
    expect(text).toContain('# Second.\n#B=x,y\n');
    expect(text).toContain('#PLINTH_PORT_BASE=8080');
  });

  it('show each service its own variables, required or with their default', () => {
    const text = configurationPage(services);
    expect(text).toContain('## one\n\n| variable | default | meaning |');
    expect(text).toContain('| `A` | required | Secret. First \\| only. |');
    expect(text).toContain('| `B` | `x,y` | Second. |');
  });
});
