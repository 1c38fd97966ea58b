// tfjs' engine and its registry of kernels are global. Where a program has loaded another copy of tfjs, ours registers what is
// registered already, and tfjs would warn of each kernel. Import this before what registers.
import { Engine } from '@tensorflow/tfjs-core/dist/engine.js';
import '@tensorflow/tfjs-core/dist/flags.js';
import { env } from '@tensorflow/tfjs-core/dist/environment.js';
import { engine } from '@tensorflow/tfjs-core/dist/globals.js';

/** Whether the engine is that of another copy, loaded before. */
const another = engine().constructor !== Engine;
const before = env().getBool('PROD');
env().set('PROD', true);

/** Ends the silence where another copy was there before: warnings are that program's business. Alone it stays. */
export function endQuiet(): void {
  if (another) env().set('PROD', before);
}
