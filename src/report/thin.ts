// A curve in fewer points: of every stretch its lowest and its highest one, so that no extreme is lost.
import type { Curve } from './read-run.js';

/** @param most at least 4 points; the first and the last one stay */
export function thin(curve: Curve, most: number): Curve {
  const { steps, seconds, values } = curve;
  const count = values.length;
  if (count <= most) return curve;
  const stretches = Math.floor((most - 2) / 2);
  const kept = new Set([0, count - 1]);
  for (let i = 0; i < stretches; i++) {
    const [from, to] = [i, i + 1].map((n) => Math.floor((n * count) / stretches)) as [number, number];
    let [low, high] = [from, from];
    for (let at = from; at < to; at++) {
      if (values[at]! < values[low]!) low = at;
      if (values[at]! > values[high]!) high = at;
    }
    kept.add(low).add(high);
  }
  const indices = [...kept].sort((a, b) => a - b);
  const pick = (column: readonly number[]) => indices.map((i) => column[i]!);
  return { steps: pick(steps), seconds: pick(seconds), values: pick(values) };
}

/** `count` items, evenly spread, the first and the last among them. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
