// Shape arithmetic and the errors of shape rules. Knows nothing of graphs.
import { GptError } from '../errors.js';
import type { Attribute, Attributes, DType, TensorSpec } from './graph.js';

export type Shape = readonly number[];

/** What a shape rule throws; whoever calls it adds the node's name. */
export function mismatch(what: string): GptError {
  return new GptError('trace/shape', what);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index]);
}

/** NumPy broadcasting; throws `trace/shape` when two sizes differ and neither is 1. */
export function broadcast(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (sizes.some((size) => size !== sizes[0]))
      throw mismatch(`shapes ${shapes.map((shape) => `[${shape}]`).join(' and ')} do not broadcast`);
    return sizes[0] ?? 1;
  });
}

/** The shape without `axes`, or with 1 in their place. `axes` are in range and ascending. */
export function reduced(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i));
}

export function replaced(shape: Shape, axis: number, size: number): number[] {
  return shape.map((old, index) => (index === axis ? size : old));
}

/** A non-negative axis; throws `trace/shape` outside [-rank, rank). */
export function resolveAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1))
    throw mismatch(`axis ${axis} is not one of a tensor of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

// Reading attributes with their type: a wrong one is a bug in a rule or in a hand-made graph.

export function numberOf(attributes: Attributes, key: string): number {
  return checked(attributes, key, (value) => typeof value === 'number') as number;
}

export function numbersOf(attributes: Attributes, key: string): readonly number[] {
  return checked(attributes, key, Array.isArray) as readonly number[];
}

export function booleanOf(attributes: Attributes, key: string): boolean {
  return checked(attributes, key, (value) => typeof value === 'boolean') as boolean;
}

export function stringOf(attributes: Attributes, key: string): string {
  return checked(attributes, key, (value) => typeof value === 'string') as string;
}

export function dtypeOf(attributes: Attributes, key: string): DType {
  return checked(attributes, key, (value) => ['float32', 'int32', 'bool'].includes(value as string)) as DType;
}

function checked(attributes: Attributes, key: string, accepts: (value: Attribute) => boolean): Attribute {
  const value = attributes[key];
  if (value === undefined || !accepts(value)) throw mismatch(`attribute ${key} is ${JSON.stringify(value)}`);
  return value;
}

/** Throws `trace/dtype` unless all inputs have one of the dtypes. */
export function demand(inputs: readonly TensorSpec[], ...dtypes: DType[]): void {
  for (const { dtype } of inputs)
    if (!dtypes.includes(dtype)) throw new GptError('trace/dtype', `takes ${dtypes.join(' or ')}, got ${dtype}`);
}
