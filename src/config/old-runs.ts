// What the record of an older run leaves to defaults that were others then.
import { plainOptimizer } from '../optimizer/registry.js';

/**
 * The settings of a run as its config.json has them, with what it does not say.
 * Before there was a choice of optimizers every run had AdamW.
 */
export function recordedSettings(saved: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { optimizer: plainOptimizer, ...saved };
}
