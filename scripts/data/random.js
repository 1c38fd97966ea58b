// Random numbers for the demo data: a counter, mixed. The same numbers on every machine, for ever.

/** A function that gives the next number in [0, 1), 32 bits, of the sequence named by `seed`. */
export function sequence(seed) {
  let counter = 0;
  return () => {
    counter += 1;
    let x = (Math.imul(counter, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)) | 0;
    for (const factor of [0x2c1b3c6d, 0x297a2d39, 0x1b56c4e9]) {
      x ^= x >>> 15;
      x = Math.imul(x, factor);
    }
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** The entries in random order. */
export function shuffled(entries, uniform) {
  const order = [...entries];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
