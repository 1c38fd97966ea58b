// From what a person typed to the folder of a checkpoint: a run folder, a checkpoint in it, or a Hugging Face folder.
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GptError } from '../errors.js';
import { findFolder } from '../files/index.js';
import { AdapterFile } from './adapter.js';
import { quantizedFile } from './quantized.js';

/** Any of them makes a folder with a config.json a checkpoint. */
export const weightFiles: readonly string[] = ['model.safetensors', 'model.safetensors.index.json', quantizedFile];

export type Preference = 'best' | 'last';

/**
 * @param prefer which checkpoint of a run folder; the other one if it does not exist
 * @throws GptError `checkpoint/missing`, saying what is there
 */
export async function locateCheckpoint(path: string, prefer: Preference = 'best'): Promise<string> {
  const checkpoint = await findFolder(path); // a checkpoint that was just being replaced has another name
  if (checkpoint === undefined) {
    throw new GptError('checkpoint/missing', `there is no ${path}`, {
      hint: 'give a run folder, a checkpoint folder or a Hugging Face folder',
    });
  }
  if (!(await stat(checkpoint)).isDirectory()) {
    throw new GptError('checkpoint/missing', `${path} is a file, not a checkpoint folder`, {
      hint: path.endsWith('.gguf')
        ? `gpt-cli import ${path} -o FOLDER makes a checkpoint of it`
        : `try ${dirname(path)}`,
    });
  }
  const names = await readdir(checkpoint);
  if (names.some((name) => weightFiles.includes(name))) return checkpoint;
  if (await AdapterFile.isHere(checkpoint)) return checkpoint;
  for (const kind of prefer === 'best' ? ['best', 'last'] : ['last', 'best']) {
    const found = await findFolder(join(checkpoint, kind));
    if (found !== undefined) return found;
  }
  throw new GptError('checkpoint/missing', `${path} holds no checkpoint: ${describe(names)}`, { hint: advice(names) });
}

function describe(names: readonly string[]): string {
  const visible = names.filter((name) => !name.startsWith('.')).sort();
  if (visible.length === 0) return 'it is empty';
  const more = visible.length > 8 ? `, ... (${visible.length} in all)` : '';
  return `it has ${visible.slice(0, 8).join(', ')}${more}`;
}

function advice(names: readonly string[]): string {
  if (names.some((name) => /^(pytorch_model.*\.bin|.*\.(pt|pth|ckpt))$/.test(name))) {
    return 'save it as safetensors first: in Python, AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder)';
  }
  if (names.includes('log.jsonl')) return 'the run was stopped before its first save: start it again';
  return 'a checkpoint has config.json and model.safetensors';
}
