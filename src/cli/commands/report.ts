// gpt-cli report: one HTML page for one or more runs. The work is in report/report.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { count } from '../format.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli report runs/book                             writes report.html
  gpt-cli report runs/a runs/b runs/c -o compare.html  side by side
  gpt-cli report runs/book --prompt "The cat sat on the mat"

The page needs no network and no other file. It has curves, settings with their differences marked, samples, confusion
matrices, parameter histograms, the attention of a sentence, and the environment. A run in progress may be reported.`;

interface ReportFlags {
  readonly out: string;
  readonly prompt?: string;
  readonly model: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run...>', 'run folders')
    .option('-o, --out <file>', 'the page; a file that is not a report is not replaced', 'report.html')
    .option('--prompt <text>', 'the sentence whose attention is shown (default: the beginning of the latest sample)')
    .option('--no-model', 'do not open the models: no parameter histograms, no attention')
    .addHelpText('after', EXAMPLES)
    .action(async (runs: string[], { out, prompt, model }: ReportFlags) => {
      const { report } = await import('../../report/report.js');
      const signal = context.stopOnInterrupt();
      const work = showWork(context);
      try {
        for await (const event of report({ runs, out, prompt, model, signal })) {
          if (event.event === 'phase') work.on(event);
          else if (context.json) context.print(JSON.stringify(event));
          else {
            work.close();
            for (const text of event.missing) context.note(`not shown: ${text}`);
            const size = event.bytes < 1e6 ? `${count(event.bytes / 1e3)} kB` : `${(event.bytes / 1e6).toFixed(1)} MB`;
            context.print(`${event.path}: ${event.runs} ${event.runs === 1 ? 'run' : 'runs'}, ${size}`);
          }
        }
      } finally {
        work.close();
      }
    });
}
