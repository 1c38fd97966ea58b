// Keys and values of what was read, in plain arrays. Knows no engine. L layers, K heads of keys and values, R room for positions, D
// head width.

export interface CacheShape {
  readonly layers: number;
  /** K */
  readonly heads: number;
  /** D */
  readonly width: number;
  /** R: how many positions can be kept. */
  readonly room: number;
}

/** Numbers of one text in each layer's keys, or values: K R D. */
export const sizeOfText = ({ heads, room, width }: CacheShape): number => heads * room * width;

/** Of one text. For each layer [K, R, D], as attention reads them; a full cache keeps a new position in the place of the oldest. */
export class KeyValueCache {
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  private read = 0;
  private turned = 0;

  /** @param arrays zeros, or those of a pool; default: arrays of its own */
  constructor(
    readonly shape: CacheShape,
    arrays?: { readonly keys: readonly Float32Array[]; readonly values: readonly Float32Array[] },
  ) {
    const make = () => Array.from({ length: shape.layers }, () => new Float32Array(sizeOfText(shape)));
    this.keys = arrays?.keys ?? make();
    this.values = arrays?.values ?? make();
  }

  /** How many positions are kept. */
  get length(): number {
    return Math.min(this.read, this.shape.room);
  }

  /** Whether positions were given up. */
  get slid(): boolean {
    return this.read > this.shape.room;
  }

  /** The place of the next position among those that are kept. */
  get place(): number {
    return this.read % this.shape.room;
  }

  /** The next position, as the keys are turned. */
  get position(): number {
    return this.read - this.turned;
  }

  /**
   * Keeps some of `rows` positions.
   * @param present [L, rows, 2 K D]: a position's keys, then its values
   * @param first the row of the first one
   */
  append(present: Float32Array, rows: number, count: number, first = 0): void {
    const { layers, heads, width } = this.shape;
    const size = heads * width;
    const passed = Math.max(0, count - this.shape.room); // others would take their places at once
    this.read += passed;
    for (let i = passed; i < count; i++) {
      for (let layer = 0; layer < layers; layer++) {
        const row = (layer * rows + first + i) * 2 * size;
        this.put(this.keys[layer]!, present.subarray(row, row + size));
        this.put(this.values[layer]!, present.subarray(row + size, row + 2 * size));
      }
      this.read++;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.read = 0;
    this.turned = 0;
  }

  /** Takes over the first `length` positions of another cache, whatever its room; all of one that slid. */
  copyFrom(other: KeyValueCache, length = other.length): void {
    const { heads, width, room } = this.shape;
    const count = other.slid ? other.length : length;
    if (count > other.length || count > room || (other.slid && room !== other.shape.room)) {
      throw new Error(`${count} of ${other.length} positions do not fit into ${room}`);
    }
    const copy = (from: readonly Float32Array[], to: readonly Float32Array[]) => {
      from.forEach((source, layer) => {
        for (let head = 0; head < heads; head++) {
          const begin = head * other.shape.room * width;
          to[layer]!.set(source.subarray(begin, begin + count * width), head * room * width);
        }
      });
    };
    copy(other.keys, this.keys);
    copy(other.values, this.values);
    this.read = other.slid ? other.read : count;
    this.turned = other.turned;
  }

  /**
   * Turns every key back, as if the text had begun so many positions later: attention sees differences of positions alone.
   * @param frequencies [D/2] of rotary positions, radians a position
   */
  turnBack(positions: number, frequencies: readonly number[]): void {
    const { width, room, heads } = this.shape;
    const half = width / 2;
    const cos = frequencies.map((frequency) => Math.cos(positions * frequency));
    const sin = frequencies.map((frequency) => Math.sin(positions * frequency));
    for (const keys of this.keys) {
      for (let row = 0; row < heads * room; row++) {
        for (let d = 0; d < half; d++) {
          const at = row * width + d;
          const [low, high] = [keys[at]!, keys[at + half]!];
          keys[at] = low * cos[d]! + high * sin[d]!;
          keys[at + half] = high * cos[d]! - low * sin[d]!;
        }
      }
    }
    this.turned += positions;
  }

  private put(kept: Float32Array, row: Float32Array): void {
    const { heads, width, room } = this.shape;
    for (let head = 0; head < heads; head++) {
      kept.set(row.subarray(head * width, (head + 1) * width), (head * room + this.place) * width);
    }
  }
}
