// A curve of any length in bounded memory: when it is full, neighbours become their mean.
const capacity = 1024;

export class History {
  private stored: [x: number, y: number][] = [];
  /** Points that one stored point stands for. */
  private each = 1;
  private sum: [x: number, y: number, n: number] = [0, 0, 0];

  /** NaN and infinities are skipped. */
  add(x: number, y: number): void {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    const [sumX, sumY, n] = this.sum;
    this.sum = [sumX + x, sumY + y, n + 1];
    if (n + 1 < this.each) return;
    this.stored.push([this.sum[0] / this.each, this.sum[1] / this.each]);
    this.sum = [0, 0, 0];
    if (this.stored.length === capacity) this.halve();
  }

  get points(): readonly (readonly [x: number, y: number])[] {
    return this.stored;
  }

  private halve(): void {
    this.each *= 2;
    this.stored = this.stored.flatMap(([x, y], i) => {
      if (i % 2 === 0) return [];
      const [beforeX, beforeY] = this.stored[i - 1]!;
      return [[(beforeX + x) / 2, (beforeY + y) / 2] as [number, number]];
    });
  }
}
