// A list of ids that grows: what encoders write into.

export class IdBuffer {
  length = 0;
  private ids: Uint32Array;

  constructor(capacity = 64) {
    this.ids = new Uint32Array(Math.max(capacity, 16));
  }

  push(id: number): void {
    if (this.length === this.ids.length) this.reserve(1);
    this.ids[this.length++] = id;
  }

  /** Appends `source[start..end)`. */
  append(source: Int32Array, start: number, end: number): void {
    if (this.length + end - start > this.ids.length) this.reserve(end - start);
    for (let i = start; i < end; i++) this.ids[this.length++] = source[i]!;
  }

  /** The ids so far, as an array of their own. */
  take(): Uint32Array {
    return this.ids.slice(0, this.length);
  }

  private reserve(more: number): void {
    const longer = new Uint32Array(Math.max(this.ids.length * 2, this.length + more));
    longer.set(this.ids);
    this.ids = longer;
  }
}
