// The learning rate of finetuning where none is given: small models take larger steps (docs/log.md). That of models of GPT-2's size
// and above has GPT-1's order of magnitude (Radford et al. 2018).
import type { FinetuneConfig, Sources } from '../config/index.js';

type Rates = Pick<FinetuneConfig, 'learningRate' | 'minLr'>;

/**
 * Adapters begin at zero and take larger steps than pretrained weights.
 * @param parameters of the whole model, frozen ones included
 */
export function learningRateFor(parameters: number, adapters: boolean): number {
  if (parameters < 20e6) return 1e-3;
  if (adapters) return 5e-4;
  return parameters < 80e6 ? 3e-4 : 1e-4;
}

/**
 * The learning rates of a run: those that were given, else by the size of the model. A lowest rate that follows from the
 * learning rate keeps its share of it.
 */
export function settledRates(
  { learningRate: unsettled, minLr, loraRank }: Rates & Pick<FinetuneConfig, 'loraRank'>,
  sources: Sources,
  parameters: number,
): Rates {
  if (sources['learningRate'] !== 'default') return { learningRate: unsettled, minLr };
  const learningRate = learningRateFor(parameters, loraRank > 0);
  const follows = minLr !== null && sources['minLr'] === 'derived';
  return { learningRate, minLr: follows ? Number(((minLr / unsettled) * learningRate).toPrecision(12)) : minLr };
}
