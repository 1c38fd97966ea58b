import { Arena } from './arena.js';

const mega = 2 ** 20;

function arenaOf(...sizes: number[]): Arena {
  const arena = new Arena();
  for (const [buffer, bytes] of sizes.entries()) arena.take(buffer, bytes);
  return arena;
}

test('what was never written to is not held: of a region of 4 MB the 3 MB that are taken', () => {
  expect(arenaOf(3 * mega).held).toBe(3 * mega);
});

test('pieces are of 256 bytes', () => {
  expect(arenaOf(1, 257, 0).held).toBe(256 + 512 + 256);
});

test('a piece that is given back is taken again, neighbours as one', () => {
  const arena = arenaOf(mega / 4, mega / 4);
  arena.give(0);
  arena.give(1);
  arena.take(2, mega / 2);
  expect(arena.held).toBe(mega / 2);
});

test('the smallest free piece is taken, and divided only where half of it is left', () => {
  const arena = arenaOf(1000 * 256, 256, 500 * 256, 256);
  arena.give(0);
  arena.give(2);
  arena.take(4, 400 * 256); // the piece of 500, whole
  arena.take(5, 400 * 256); // a part of the piece of 1000
  arena.take(6, 600 * 256); // its rest, whole
  expect(arena.held).toBe(1502 * 256);
  arena.take(7, 256);
  expect(arena.held).toBe(1503 * 256);
});

test('a region that nothing fits into stays while another one is added', () => {
  const arena = arenaOf(mega, mega);
  arena.give(0);
  arena.give(1);
  arena.take(2, 2 * mega);
  expect(arena.held).toBe(3 * mega);
});
