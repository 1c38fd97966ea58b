// Checks what a step is fed. Knows no engine.
import { GptError } from '../errors.js';
import type { DType, Graph, HostArray, TensorSpec } from '../trace/graph.js';
import { sizeOf } from '../trace/graph.js';
import type { Feeds, StepFunction } from './types.js';

/** What is fed. */
type Fed = Pick<StepFunction, 'name' | 'inputs'>;

/** A graph all of whose inputs are fed. */
export function feedsOf({ name, inputs }: Graph): Fed {
  return { name, inputs: Object.fromEntries(inputs.map((input) => [input.name, input.value])) };
}

const arrayNames: Readonly<Record<DType, string>> = {
  float32: 'Float32Array',
  int32: 'Int32Array',
  bool: 'Uint8Array',
};

/** Throws `engine/feed` for a missing or unknown input, a wrong type, a wrong size. */
export function checkFeeds(step: Fed, feeds: Feeds): void {
  for (const [name, spec] of Object.entries(step.inputs)) checkFeed(step, name, spec, feeds[name]);
  for (const name of Object.keys(feeds))
    if (!Object.hasOwn(step.inputs, name))
      throw new GptError('engine/feed', `${step.name} has no input ${JSON.stringify(name)}`, {
        hint: `its inputs are ${Object.keys(step.inputs).join(', ') || 'none'}`,
      });
}

function checkFeed(step: Fed, name: string, spec: TensorSpec, data: HostArray | undefined): void {
  const wanted = `${arrayNames[spec.dtype]} of ${sizeOf(spec.shape)}`;
  if (data === undefined) throw new GptError('engine/feed', `${step.name} was not given its input ${name}: ${wanted}`);
  if (data.constructor.name !== arrayNames[spec.dtype] || data.length !== sizeOf(spec.shape))
    throw new GptError('engine/feed', `input ${name} of ${step.name} must be ${wanted}, got ${kindOf(data)}`);
}

function kindOf(data: HostArray): string {
  return `${data.constructor.name} of ${data.length}`;
}
