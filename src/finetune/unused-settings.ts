// Flags without effect on the task are refused, not ignored: whoever gave one expects an effect.
import { flagName, type Sources } from '../config/index.js';
import type { Task } from '../dataset/index.js';
import { GptError } from '../errors.js';

const usedBy: Readonly<Record<string, readonly Task[]>> = {
  lmCoef: ['classify', 'choice'],
  balance: ['classify'],
  promptTemplate: ['instruct'],
  labelColumn: ['classify', 'choice', 'instruct'],
};

const names: Readonly<Record<Task, string>> = {
  classify: 'classification',
  choice: 'multiple choice',
  instruct: 'instructions',
  text: 'continued text',
};

/** @throws GptError `config/unused` for the first flag that has no effect on this task */
export function requireUsed(task: Task, sources: Sources): void {
  for (const [key, tasks] of Object.entries(usedBy)) {
    if (sources[key] !== 'flag' || tasks.includes(task)) continue;
    throw new GptError('config/unused', `--${flagName(key)} has no effect: the task is ${names[task]}`, {
      hint: `remove it, or choose the task with --task ${tasks.join(' or ')}`,
    });
  }
}
