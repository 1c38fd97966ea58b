// The frequencies of rotary positions that the families share.

/** theta^(-2d/D) for d from 0 to D/2 - 1, radians a position. @param width D, even */
export function rotaryFrequencies(width: number, theta: number): number[] {
  const half = width / 2;
  return Array.from({ length: half }, (_, d) => theta ** (-d / half));
}
