// The fence around a trace: no JavaScript randomness, no variable made, assigned or disposed, no tensor left over.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { randomness } from './recorder.js';
import { engineInternals, whoAsks } from './scope.js';

/** Runs `f` inside the fence; every tensor made by it is disposed, and all that was patched is restored. */
export function guarded<T>(f: () => T): T {
  const engine = engineInternals();
  const { trackTensor, disposeTensor } = engine;
  const { random } = Math;
  const made: tf.Tensor[] = [];
  let live = true;

  Math.random = () => {
    throw randomness(whoAsks());
  };
  engine.trackTensor = (tensor, backend) => {
    if (live) refuseVariable(tensor, 'makes');
    made.push(tensor);
    trackTensor.call(engine, tensor, backend);
  };
  engine.disposeTensor = (tensor) => {
    if (live) refuseVariable(tensor, 'assigns or disposes');
    disposeTensor.call(engine, tensor);
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
    // A gradient that failed half way leaves its tape behind, and the tensors kept for it.
    if (engine.state.gradientDepth === 0) engine.state.activeTape = null;
    for (const tensor of made) if (!tensor.isDisposed) tensor.dispose();
  }
}

function refuseVariable(tensor: tf.Tensor, does: string): void {
  if (!(tensor instanceof tf.Variable)) return;
  throw new GptError('trace/variable', `${whoAsks()} ${does} variable ${tensor.name} inside a trace`, {
    hint: 'build the model, and change its variables, outside the step',
  });
}
