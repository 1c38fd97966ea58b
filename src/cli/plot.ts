// A small chart out of braille dots, two across and four down a character. Knows numbers only.

export interface Series {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Colours a character that holds this series; later series win. */
  readonly paint?: (text: string) => string;
}

export interface PlotSize {
  /** Characters, axis included. */
  readonly width: number;
  /** Lines, without the x axis. */
  readonly height: number;
  /** A value of the y axis. */
  readonly label?: (value: number) => string;
}

const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

const twoDecimals = (value: number) => (Math.abs(value) >= 1000 ? value.toExponential(1) : value.toFixed(2));

/** The mean y of every dot column that has points; values that are not finite are skipped. */
function columns(points: Series['points'], toColumn: (x: number) => number): Map<number, number> {
  const sums = new Map<number, { sum: number; n: number }>();
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const column = toColumn(x);
    const cell = sums.get(column) ?? { sum: 0, n: 0 };
    sums.set(column, { sum: cell.sum + y, n: cell.n + 1 });
  }
  return new Map([...sums].sort(([a], [b]) => a - b).map(([column, { sum, n }]) => [column, sum / n]));
}

/** What `each` makes of every longest run of equal values. */
function runs<T>(values: Int8Array, each: (from: number, to: number, value: number) => T): T[] {
  const found: T[] = [];
  for (let from = 0; from < values.length; ) {
    let to = from + 1;
    while (to < values.length && values[to] === values[from]) to++;
    found.push(each(from, to, values[from]!));
    from = to;
  }
  return found;
}

/** Lines of text; none when no point is finite. Neighbouring points are joined. */
export function plot(series: readonly Series[], { width, height, label = twoDecimals }: PlotSize): string[] {
  const finite = series.flatMap(({ points }) => points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)));
  if (finite.length === 0) return [];
  const range = (values: number[]) => {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    return { low, span: high - low };
  };
  const x = range(finite.map((point) => point[0]));
  const y = range(finite.map((point) => point[1]));
  const margin = Math.max(label(y.low).length, label(y.low + y.span).length) + 2;
  const cells = Math.max(4, width - margin);
  const dotsAcross = cells * 2;
  const dotsDown = height * 4;
  const toColumn = (value: number) => (x.span === 0 ? 0 : Math.round(((value - x.low) / x.span) * (dotsAcross - 1)));
  const toRow = (value: number) =>
    y.span === 0 ? Math.floor(dotsDown / 2) : Math.round((1 - (value - y.low) / y.span) * (dotsDown - 1));

  const bits = Array.from({ length: height }, () => new Uint8Array(cells));
  const owner = Array.from({ length: height }, () => new Int8Array(cells).fill(-1));
  for (const [index, { points }] of series.entries()) {
    let last: readonly [number, number] | undefined;
    for (const [column, value] of columns(points, toColumn)) {
      const row = toRow(value);
      const [fromColumn, fromRow] = last ?? [column, row];
      const steps = Math.max(1, column - fromColumn, Math.abs(row - fromRow));
      for (let i = last ? 1 : steps; i <= steps; i++) {
        const c = Math.round(fromColumn + ((column - fromColumn) * i) / steps);
        const r = Math.round(fromRow + ((row - fromRow) * i) / steps);
        bits[r >> 2]![c >> 1]! |= DOTS[r & 3]![c & 1]!;
        owner[r >> 2]![c >> 1] = index;
      }
      last = [column, row];
    }
  }

  const lines = bits.map((line, row) => {
    const edge = row === 0 ? label(y.low + y.span) : row === height - 1 && y.span > 0 ? label(y.low) : '';
    const characters = Array.from(line, (mask) => (mask === 0 ? ' ' : String.fromCharCode(0x2800 + mask)));
    const drawn = runs(owner[row]!, (from, to, index) => {
      const text = characters.slice(from, to).join('');
      return series[index]?.paint?.(text) ?? text;
    });
    return `${edge.padStart(margin - 2)} ┤${drawn.join('')}`.trimEnd();
  });
  const [left, right] = [String(x.low), x.span > 0 ? String(x.low + x.span) : ''];
  lines.push(`${' '.repeat(margin)}${left}${right.padStart(Math.max(0, cells - left.length))}`);
  return lines;
}
