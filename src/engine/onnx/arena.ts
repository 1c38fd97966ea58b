// How much memory onnxruntime's arena (BFCArena) comes to hold: regions that double, pieces of 256 bytes and more, the smallest free
// piece that fits. A piece is divided only where half of it would be left. Knows sizes, no graph.

const grain = 256;
const firstRegion = 2 ** 20;
const largestRegion = 2 ** 30;
/** A free piece that is larger by so much is divided although less than half of it would be left. */
const mostWasted = 128 * 2 ** 20;

interface Piece {
  readonly region: Region;
  readonly start: number;
  size: number;
  free: boolean;
}

interface Region {
  readonly pieces: Piece[];
  /** Bytes from its start that were ever given out: what the process holds of it. */
  touched: number;
}

export class Arena {
  private readonly regions: Region[] = [];
  private readonly taken = new Map<number, Piece>();
  private nextRegion = firstRegion;

  /** Bytes that the process holds: pages that nothing was ever written to are not there. */
  get held(): number {
    return this.regions.reduce((sum, { touched }) => sum + touched, 0);
  }

  take(buffer: number, bytes: number): void {
    const size = grain * Math.max(1, Math.ceil(bytes / grain));
    const piece = this.smallestFree(size) ?? this.extended(size);
    if (piece.size >= 2 * size || piece.size - size >= mostWasted) this.divide(piece, size);
    piece.free = false;
    piece.region.touched = Math.max(piece.region.touched, piece.start + size);
    this.taken.set(buffer, piece);
  }

  give(buffer: number): void {
    const piece = this.taken.get(buffer)!;
    this.taken.delete(buffer);
    piece.free = true;
    const { pieces } = piece.region;
    const at = pieces.indexOf(piece);
    for (const left of [at, at - 1]) {
      const [a, b] = [pieces[left], pieces[left + 1]];
      if (!a?.free || !b?.free) continue;
      a.size += b.size;
      pieces.splice(left + 1, 1);
    }
  }

  private smallestFree(size: number): Piece | undefined {
    let best: Piece | undefined;
    for (const { pieces } of this.regions)
      for (const piece of pieces)
        if (piece.free && piece.size >= size && (!best || piece.size < best.size)) best = piece;
    return best;
  }

  private extended(size: number): Piece {
    const grown = size > this.nextRegion;
    while (size > this.nextRegion) this.nextRegion *= 2;
    const region: Region = { pieces: [], touched: 0 };
    const piece = { region, start: 0, size: this.nextRegion, free: true };
    region.pieces.push(piece);
    this.regions.push(region);
    if (!grown) this.nextRegion = Math.min(2 * this.nextRegion, largestRegion);
    return piece;
  }

  private divide(piece: Piece, size: number): void {
    const { region, start } = piece;
    const rest = { region, start: start + size, size: piece.size - size, free: true };
    region.pieces.splice(region.pieces.indexOf(piece) + 1, 0, rest);
    piece.size = size;
  }
}
