// gpt-cli launch: several workers of one training run on this machine. Each is its own gpt-cli process with TF_CONFIG set.
import type { Command } from 'commander';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';

const HELP = `
Starts N processes of a training command that train one model together: each on its own rows of every batch, the gradients
added up by TensorFlow. --batch-size is per worker: a step is over N times as many sequences. Worker 0 saves and
reports; lines of the others begin with [1], [2] ... The processor's cores are divided unless --threads is given.
With --resume a step stays over as many sequences as before, whatever N.
It needs TensorFlow (gpt-cli setup tensorflow). On several machines set TF_CONFIG instead: see docs/distributed.md.

Examples:
  gpt-cli launch --workers 2 -- pretrain book.txt
  gpt-cli launch --workers 4 -- finetune reviews.csv --from runs/book --batch-size 8
  gpt-cli launch --workers 2 -- pretrain --resume -o runs/book`;

export function define(command: Command, context: Context): void {
  command
    .argument('<command...>', 'after --: pretrain or finetune with its options')
    .requiredOption('--workers <n>', 'how many workers', readWorkers)
    .usage('--workers <n> -- pretrain|finetune ...')
    .addHelpText('after', HELP);
  command.action(async (typed: string[], { workers }: { workers: number }) => {
    const { planLaunch } = await import('../../cluster/launch-plan.js');
    const { freePorts, runWorkers } = await import('../launch/run.js');
    const { defaultThreads } = await import('../../engine/threads.js');
    const own = [context.json ? ['--json'] : [], context.quiet ? ['--quiet'] : []].flat();
    const ports = await freePorts(workers);
    const plan = planLaunch({ workers, command: [...typed, ...own], ports, cores: defaultThreads() });
    context.writesFiles();
    const code = await runWorkers(plan, {
      out: (text) => context.write(text),
      err: (text) => context.complain(text),
      signal: context.stopOnInterrupt(),
    });
    context.end(code);
  });
}

function readWorkers(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1 && workers <= 64) return workers;
  throw new GptError('cli/workers', `"workers" must be a whole number from 1 to 64, got ${JSON.stringify(text)}`);
}
