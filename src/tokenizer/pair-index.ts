// Numbers pairs of token ids 0, 1, 2... as they come: an open-addressing hash table on typed arrays, the inner loop of
// training and of encoding.

const { imul } = Math;

export class PairIndex {
  size = 0;
  /** The pairs by number; longer than `size`. */
  left: Int32Array;
  right: Int32Array;
  private slots: Int32Array;
  private mask: number;

  constructor(expected = 256) {
    let capacity = 64;
    while (capacity < expected * 2) capacity *= 2;
    this.slots = new Int32Array(capacity).fill(-1);
    this.mask = capacity - 1;
    this.left = new Int32Array(capacity / 2);
    this.right = new Int32Array(capacity / 2);
  }

  /** The pair's number, or -1. */
  find(left: number, right: number): number {
    const { slots, mask } = this;
    for (let slot = hash(left, right) & mask; ; slot = (slot + 1) & mask) {
      const index = slots[slot]!;
      if (index < 0 || (this.left[index] === left && this.right[index] === right)) return index;
    }
  }

  /** The pair's number, a new one if it was not there. */
  add(left: number, right: number): number {
    const found = this.find(left, right);
    if (found >= 0) return found;
    if (this.size === this.left.length) this.grow();
    const index = this.size++;
    this.left[index] = left;
    this.right[index] = right;
    this.place(index);
    return index;
  }

  private place(index: number): void {
    let slot = hash(this.left[index]!, this.right[index]!) & this.mask;
    while (this.slots[slot]! >= 0) slot = (slot + 1) & this.mask;
    this.slots[slot] = index;
  }

  private grow(): void {
    const capacity = this.slots.length * 2;
    this.slots = new Int32Array(capacity).fill(-1);
    this.mask = capacity - 1;
    this.left = extended(this.left, capacity / 2);
    this.right = extended(this.right, capacity / 2);
    for (let index = 0; index < this.size; index++) this.place(index);
  }
}

function extended(array: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(array);
  return longer;
}

function hash(left: number, right: number): number {
  const mixed = imul(left, 0x9e3779b1) ^ imul(right + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
