import { defaults, jsonSchema } from './describe.js';
import { settings, settingsOf } from './schema.js';

interface Property {
  type?: string;
  minimum?: number;
  default?: unknown;
  description?: string;
}

test('the JSON schema lists every setting with its help and default, and allows no other key', () => {
  for (const command of ['pretrain', 'finetune', 'sample', 'eval', 'classify'] as const) {
    const schema = jsonSchema(command) as { properties: Record<string, Property>; additionalProperties: boolean };
    expect(schema.additionalProperties).toBe(false);
    const keys = Object.keys(schema.properties).filter((key) => !key.startsWith('$'));
    expect(keys).toEqual(Object.keys(settingsOf(command)));
    for (const key of keys) {
      expect(schema.properties[key]!.description).toContain(settings[key]!.help);
      expect(schema.properties[key]!.default).toEqual(defaults(command)[key]);
    }
  }
});

test('the JSON schema needs nothing to be given', () => {
  expect((jsonSchema('pretrain') as { required?: string[] }).required ?? []).toEqual([]);
});

test('ranges are in the JSON schema', () => {
  const { properties } = jsonSchema('pretrain') as { properties: Record<string, Property> };
  expect(properties['nLayer']).toMatchObject({ type: 'integer', minimum: 1, maximum: 1024, default: 4 });
  expect(properties['position']).toMatchObject({ enum: ['learned', 'sinusoidal', 'rope'] });
});
