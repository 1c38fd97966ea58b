// Which of the training examples are held out for validation, where the data has no file for it. The rule has a version,
// since a resumed run must keep its split.
import { permutation, stream } from '../../rng.js';
import type { Example } from './examples.js';
import { answerOf, sameText } from './quick-checks.js';

/** 1: any rows, chosen by the seed. 2: all copies of a text on one side, every label in proportion. */
export type SplitRule = 1 | 2;
export const splitRule: SplitRule = 2;

export interface HeldOut {
  /** Both in the order of the file. */
  readonly train: Example[];
  readonly validation: Example[];
  /** Rows that share their text with another row, which stays on the same side. */
  readonly grouped: number;
}

/**
 * Holds out about `valSplit` of the examples, at least one where every label keeps a row to train on, drawn by the seed over
 * the whole file because labelled files are often sorted. A label with one distinct text stays in training.
 */
export function holdOut(
  examples: readonly Example[],
  valSplit: number,
  seed: number,
  rule: SplitRule = splitRule,
): HeldOut {
  const { held, grouped } = rule === 1 ? rows(examples.length, valSplit, seed) : groups(examples, valSplit, seed);
  const train: Example[] = [];
  const validation: Example[] = [];
  for (const [index, example] of examples.entries()) (held.has(index) ? validation : train).push(example);
  return { train, validation, grouped };
}

interface Drawn {
  readonly held: ReadonlySet<number>;
  readonly grouped: number;
}

function rows(total: number, valSplit: number, seed: number): Drawn {
  const count = valSplit === 0 ? 0 : Math.min(total - 1, Math.max(1, Math.round(total * valSplit)));
  return { held: new Set(permutation(total, seed, stream.shuffle, 0xffff).subarray(0, count)), grouped: 0 };
}

/** The rows of one text. */
type Group = number[];

function groups(examples: readonly Example[], valSplit: number, seed: number): Drawn {
  const byText = new Map<string, Group>();
  for (const [index, example] of examples.entries()) {
    const text = sameText(example);
    const group = byText.get(text);
    if (group) group.push(index);
    else byText.set(text, [index]);
  }
  const all = [...byText.values()];
  const grouped = all.reduce((sum, group) => sum + (group.length > 1 ? group.length : 0), 0);
  if (valSplit === 0 || all.length < 2) return { held: new Set(), grouped };

  const labelOf = (index: number) => {
    const example = examples[index]!;
    return example.kind === 'classify' ? answerOf(example) : '';
  };
  const remaining = new Remaining(examples.map((_, index) => labelOf(index)));
  const strata = new Map<string, Group[]>();
  for (const place of permutation(all.length, seed, stream.shuffle, 0xffff)) {
    const group = all[place]!;
    const label = labelOf(group[0]!);
    const stratum = strata.get(label);
    if (stratum) stratum.push(group);
    else strata.set(label, [group]);
  }
  const drawable = [...strata.values()].filter((stratum) => stratum.length > 1);
  const wanted = shares(drawable.map(sizeOf), Math.max(1, Math.round(examples.length * valSplit)), valSplit);
  const held = drawable.flatMap((stratum, i) => draw(stratum, wanted[i]!, remaining)).flat();
  return { held: new Set(held.length > 0 ? held : smallest(all, remaining)), grouped };
}

/** Which rows are still there to train on, by label. */
class Remaining {
  private readonly rows = new Map<string, number>();

  constructor(private readonly labels: readonly string[]) {
    for (const label of labels) this.rows.set(label, (this.rows.get(label) ?? 0) + 1);
  }

  /** Takes a group out, unless one of its labels would be in no training row; copies of a text may have several labels. */
  take(group: Group): boolean {
    const own = new Remaining(group.map((index) => this.labels[index]!)).rows;
    for (const [label, count] of own) if (this.rows.get(label)! <= count) return false;
    for (const [label, count] of own) this.rows.set(label, this.rows.get(label)! - count);
    return true;
  }
}

const sizeOf = (stratum: readonly Group[]) => stratum.reduce((sum, group) => sum + group.length, 0);

/** Whole numbers near `valSplit` of each size that add up to `total`: the largest remainders are rounded up. */
function shares(sizes: readonly number[], total: number, valSplit: number): number[] {
  const exact = sizes.map((size) => size * valSplit);
  const whole = exact.map(Math.floor);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b]! - whole[b]! - (exact[a]! - whole[a]!) || a - b);
  let left = total - whole.reduce((a, b) => a + b, 0);
  for (const i of order) if (left-- > 0) whole[i]!++;
  return whole;
}

/** Groups of about `wanted` rows. */
function draw(stratum: readonly Group[], wanted: number, remaining: Remaining): Group[] {
  const drawn: Group[] = [];
  let count = 0;
  for (const group of stratum) {
    if (count >= wanted) break;
    if (count + group.length / 2 > wanted || !remaining.take(group)) continue;
    drawn.push(group);
    count += group.length;
  }
  return drawn;
}

/** Where every share is below half of a group: the smallest group that may be taken, if there is one. */
function smallest(all: readonly Group[], remaining: Remaining): Group {
  return all.toSorted((a, b) => a.length - b.length).find((group) => remaining.take(group)) ?? [];
}
