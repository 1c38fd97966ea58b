import * as fc from 'fast-check';
import { layoutOf } from './buckets.js';

const array = (name: string, ...shape: number[]) => ({ name, shape });

test('arrays stand side by side after the head, and a new bucket begins where the next would be too much', () => {
  const { head, slots, lengths } = layoutOf([array('a', 2, 3), array('b', 4), array('c'), array('d', 9)], 3, 13);
  expect(head).toBe(3);
  expect(slots.map(({ name, bucket, at }) => [name, bucket, at])).toEqual([
    ['a', 0, 3],
    ['b', 0, 9],
    ['c', 1, 0],
    ['d', 1, 1],
  ]);
  expect(lengths).toEqual([13, 10]);
});

test('an array longer than a bucket has one of its own, and the head stays in the first', () => {
  expect(layoutOf([array('a', 100), array('b', 1)], 2, 10)).toMatchObject({ lengths: [2, 100, 1] });
});

test('whatever the shapes: every number has one place, none is left free, in the order of the arrays', () => {
  const shapes = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { maxLength: 20 });
  fc.assert(
    fc.property(shapes, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 60 }), (given, head, most) => {
      const { slots, lengths } = layoutOf(
        given.map((shape, i) => array(String(i), ...shape)),
        head,
        most,
      );
      const filled = lengths.map((_, bucket) => (bucket === 0 ? head : 0));
      for (const { bucket, at, shape } of slots) {
        expect(at).toBe(filled[bucket]);
        filled[bucket]! += shape.reduce((a, b) => a * b, 1);
      }
      expect(filled).toEqual(lengths);
      expect(slots.map(({ name }) => Number(name))).toEqual(given.map((_, i) => i));
      const full = slots.filter(({ shape }) => !shape.includes(0));
      for (const [bucket, length] of lengths.entries())
        if (length > most) expect(full.filter((slot) => slot.bucket === bucket).length).toBeLessThanOrEqual(1);
    }),
  );
});
