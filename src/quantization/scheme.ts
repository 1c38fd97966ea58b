// Which matrices of a model are kept in how many bits. Knows no family: roles say what a parameter is for.
import type { Bits, OutputAxis } from './matrix.js';

export const schemeNames = ['int8', 'int4'] as const;
export type Scheme = (typeof schemeNames)[number];

/** How a parameter is kept in 8 or 4 bits. */
export interface MatrixFormat {
  readonly bits: Bits;
  readonly outputAxis: OutputAxis;
}

interface Parameter {
  readonly shape: readonly number[];
  readonly role: string;
  readonly outputAxis?: OutputAxis;
  readonly perToken?: boolean;
}

/**
 * The format of a parameter; undefined for one that stays float32: vectors, positions, a classifier's head. What has a row for each
 * token has 8 bits in both schemes. It is the output projection too, where 4 bits cost more than in all blocks together: SmolLM2 135M
 * goes from 3.732 nats to 3.815 with 4 bits in its blocks, to 3.977 with 4 in the projection besides.
 */
export function formatOf(
  { shape, role, outputAxis = 1, perToken = false }: Parameter,
  scheme: Scheme,
): MatrixFormat | undefined {
  if (shape.length !== 2) return undefined;
  if (perToken) return { bits: 8, outputAxis: 0 };
  return role === 'matrix' ? { bits: scheme === 'int8' ? 8 : 4, outputAxis } : undefined;
}
