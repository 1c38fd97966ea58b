// What the page shows, as its script reads it. Pure types and numbers: used by the program and by the page.
import type { Attribution, ExplainedToken, Likely, NamedHead, Patching } from '../explanation.js';

export interface PageAttention {
  readonly positions: readonly string[];
  readonly layers: number;
  readonly heads: number;
  /** Base64 of bytes, a weight of 1 as 255: of each layer and head the rows of the lower triangle, [t][0..t]. */
  readonly weights: string;
}

export interface PageData {
  /** The run that is explained. */
  readonly run: string;
  /** Lines that say what the page does not show. */
  readonly notes: readonly string[];
  readonly tokens: readonly ExplainedToken[];
  readonly bits: number;
  readonly bitsPerByte: number;
  readonly classes?: readonly Likely[];
  readonly attention?: PageAttention;
  readonly heads?: readonly NamedHead[];
  readonly next?: readonly Likely[];
  readonly attribution?: Attribution;
  readonly patching?: Patching;
}

/** More attention weights than this are not shown; each takes 4/3 bytes of the file. */
export const mostPageWeights = 1_200_000;

/** How many weights a head has of T positions. */
export const triangle = (time: number) => (time * (time + 1)) / 2;
