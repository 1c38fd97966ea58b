// What `inspect --weights`, `--neighbours` and `--compare` found, as tables for a person.

import type { Neighbourhood } from '../weights/neighbours.js';
import type { TensorReport } from '../weights/tensor.js';
import type { Comparison, WeightsEvent } from '../weights/weights.js';
import { count, table } from './format.js';

const bars = [...'▁▂▃▄▅▆▇█'];

/** Singular values relative to the largest, as bars. */
function sketch(values: readonly number[]): string {
  const [largest = 0] = values;
  return values.map((value) => bars[largest > 0 ? Math.min(7, Math.floor((8 * value) / largest)) : 0]).join('');
}

const digits = (value: number) => (Number.isFinite(value) ? value.toPrecision(4) : String(value));

function tensorTable(tensors: readonly TensorReport[]): string[] {
  const dead = (units: number, of: number) => (units === 0 ? '0' : `${count(units)} of ${count(of)}`);
  const rows = tensors.map(({ name, shape, norm, rms, largest, nonFinite, spectrum, outputAxis }) => {
    const facts = [name, shape.join(' x '), digits(norm), digits(rms), digits(largest)];
    if (nonFinite > 0) return [...facts, `${count(nonFinite)} NaN or infinite`];
    if (!spectrum) return facts;
    const { singularValues, stableRank, deadInputs, deadOutputs } = spectrum;
    return [
      ...facts,
      digits(singularValues[0]!),
      stableRank.toFixed(1),
      sketch(singularValues),
      dead(deadInputs, shape[1 - outputAxis]!),
      dead(deadOutputs, shape[outputAxis]!),
    ];
  });
  const heading = [
    'tensor',
    'shape',
    'norm',
    'rms',
    'largest',
    'sigma 1',
    'stable rank',
    'sigma 1-8',
    'dead inputs',
    'dead outputs',
  ];
  return table([heading, ...rows], [2, 3, 4, 5, 6]);
}

function comparisonTable({ with: other, tensors, parts, missing }: Comparison): string[] {
  const row = ({ name, relative, cosine }: Comparison['tensors'][number]) => [
    name,
    digits(relative),
    cosine.toFixed(6),
  ];
  const lines = [
    `changes from ${other}`,
    ...table([['tensor', 'relative', 'cosine'], ...tensors.map(row)], [1, 2]),
    '',
    ...table([['part', 'relative', 'cosine'], ...parts.map(row)], [1, 2]),
  ];
  return missing.length === 0 ? lines : [...lines, '', `not compared: ${missing.join(', ')}`];
}

function neighbourTable({ text, ids, neighbours }: Neighbourhood): string[] {
  const mean = ids.length > 1 ? `, the mean of ${ids.length} tokens` : '';
  return [
    `neighbours of ${JSON.stringify(text)}${mean}`,
    ...table(
      neighbours.map(({ text, cosine }) => [`  ${JSON.stringify(text)}`, cosine.toFixed(3)]),
      [1],
    ),
  ];
}

export function weightLines({ directory, tensors, comparison, neighbours = [] }: WeightsEvent): string[] {
  const sections = [
    ...(tensors ? [tensorTable(tensors)] : []),
    ...(comparison ? [comparisonTable(comparison)] : []),
    ...neighbours.map(neighbourTable),
  ];
  return [directory, ...sections.flatMap((lines) => ['', ...lines])];
}
