// The fence around a trace: no JavaScript randomness, no tensor left over, and no variable made, assigned or disposed but
// those that are held for the trace.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { randomness } from './recorder.js';
import { engineInternals, whoAsks } from './scope.js';
import type { HeldVariables } from './variables.js';

/**
 * Runs `f` inside the fence; every tensor made by it is disposed, and all that was patched is restored.
 * @param variables the variables that `f` may use; default: none
 */
export function guarded<T>(f: () => T, variables?: HeldVariables): T {
  const engine = engineInternals();
  const { trackTensor, disposeTensor, disposeVariable } = engine;
  const { random } = Math;
  const made: tf.Tensor[] = [];
  let live = true;

  Math.random = () => {
    throw randomness(whoAsks());
  };
  engine.trackTensor = (tensor, backend) => {
    if (!live || !(tensor instanceof tf.Variable)) made.push(tensor);
    else if (!variables) throw refusal(tensor, 'makes');
    else if (!variables.counted(tensor)) return;
    trackTensor.call(engine, tensor, backend);
  };
  engine.disposeTensor = (tensor) => {
    if (live && tensor instanceof tf.Variable) {
      if (!variables) throw refusal(tensor, 'assigns');
      if (!variables.givenUp(tensor)) return;
    }
    disposeTensor.call(engine, tensor);
  };
  engine.disposeVariable = (variable) => {
    if (live) throw refusal(variable, 'disposes');
    disposeVariable.call(engine, variable);
  };
  tf.engine().startScope();
  try {
    return f();
  } finally {
    live = false;
    tf.engine().endScope();
    Math.random = random;
    Reflect.deleteProperty(engine, 'trackTensor');
    Reflect.deleteProperty(engine, 'disposeTensor');
    Reflect.deleteProperty(engine, 'disposeVariable');
    // A gradient that failed half way leaves its tape behind, and the tensors kept for it.
    if (engine.state.gradientDepth === 0) engine.state.activeTape = null;
    for (const tensor of made) if (!tensor.isDisposed) tensor.dispose();
  }
}

function refusal(variable: tf.Variable, does: string): GptError {
  return new GptError('trace/variable', `${whoAsks()} ${does} variable ${variable.name} inside a trace`, {
    hint: 'do so outside the traced function',
  });
}
