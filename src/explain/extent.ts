// What of a model is looked at where nobody named a part: what takes seconds, and has room on a page.
import { countParameters } from '../model/index.js';
import type { Session } from '../session/session.js';
import { attributionPasses } from './attribution.js';
import { mostPageWeights, triangle } from './page/data.js';
import { knownTokens } from './reading.js';

/** Those of `explain` that decide. */
export interface Parts {
  readonly text?: string | undefined;
  readonly lens?: boolean;
  readonly heads?: boolean;
  readonly attention?: boolean;
  readonly attribution?: boolean;
  readonly targets?: readonly string[];
  readonly against?: string | undefined;
  readonly everything?: boolean;
}

export interface Extent<Options extends Parts> {
  readonly options: Options;
  /** Sentences that say which parts are skipped, and why. */
  readonly notes: readonly string[];
}

/** Floating-point operations of an attribution that nobody asked for: some seconds on two cores. */
const mostOperations = 1e12;

/** The options with what `everything` stands for, and with the attribution that a classifier has by default. */
export function extentOf<Options extends Parts>(session: Session, options: Options): Extent<Options> {
  const { everything = false, text } = options;
  const { labels, gpt } = session;
  const { blockSize, nLayer, nHead } = gpt.config;
  const time = text === undefined ? 0 : knownTokens(session, text).length + 1;
  const notes: string[] = [];
  const within = (possible: boolean, note: string) => {
    if (!possible) notes.push(note);
    return possible;
  };

  const compared = options.against !== undefined;
  const named = options.attribution || (!compared && (options.targets?.length ?? 0) > 0);
  const offered = text !== undefined && (everything || (labels !== undefined && !compared));
  const fits = labels !== undefined || time <= blockSize; // readingOf() refuses longer texts of classifiers
  const attribution =
    named ||
    (offered &&
      within(
        fits && attributionOperations(session, time) <= mostOperations,
        `The text is too long to explain its words in a few seconds${fits ? '; --attribution does it' : ''}.`,
      ));
  if (!everything) return { options: { ...options, attribution }, notes };
  const attention =
    options.attention ||
    within(
      nLayer * nHead * triangle(Math.min(time, blockSize)) <= mostPageWeights,
      'The text is too long for its attention on a page.',
    );
  return { options: { ...options, lens: !labels, heads: blockSize >= 4, attention, attribution }, notes };
}

/** A pass takes 2 operations for each parameter and token, and its gradient twice as many (Kaplan et al. 2020, arXiv:2001.08361). */
export function attributionOperations({ specs }: Session, time: number): number {
  const { gradients, predictions } = attributionPasses(time);
  return 2 * countParameters(specs) * time * (3 * gradients + predictions);
}
