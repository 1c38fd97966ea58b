// Which tensor of a GPT-2 file is which parameter. Files come with and without the prefix `transformer.`, and older
// ones with the attention masks as tensors.
import { headName } from '../model/classifier-spec.js';

/**
 * The name of a parameter that a stored tensor holds; undefined for one that is no parameter (a mask buffer). What
 * torch.compile (`_orig_mod.`) and DistributedDataParallel (`module.`) put before names is left out.
 */
export function parameterName(stored: string): string | undefined {
  const plain = stored.replaceAll('_orig_mod.', '').replace(/^(module\.)+/, '');
  const name = plain.startsWith('transformer.') ? plain.slice('transformer.'.length) : plain;
  return /^h\.\d+\.attn\.(masked_)?bias$/.test(name) ? undefined : name;
}

/** The output projection where it is stored; a copy of the token embedding in a tied model. */
export const outputProjection = 'lm_head.weight';

export const classifierHead = headName;

/** How parameters are called in a file: a classifier's head lies beside the transformer, not in it. */
export function storedName(parameter: string, classifier: boolean): string {
  return classifier && parameter !== classifierHead ? `transformer.${parameter}` : parameter;
}
