// gpt-cli data check: the linter of training data. The checks are in dataset/labelled.
import type { Command } from 'commander';
import type { DataReport, Finding } from '../../dataset/index.js';
import { columnNames, templateText } from '../../dataset/labelled/flag-values.js';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';
import { count, table } from '../format.js';

interface CheckFlags {
  readonly run?: string;
  readonly task?: string;
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly promptTemplate?: string;
}

const tasks = ['auto', 'classify', 'choice', 'instruct', 'text'] as const;

function taskOf(given = 'auto'): (typeof tasks)[number] {
  const task = tasks.find((name) => name === given);
  if (task) return task;
  throw new GptError('cli/task', `"task" must be one of ${tasks.join(', ')}, got "${given}"`);
}

/** The lines for a person: what the data is, its parts, and what is wrong with it. */
export function reportLines({ task, reason, splits, findings }: DataReport): string[] {
  const lines = task === undefined ? [] : [reason ?? task];
  for (const { name, file, rows, labels, characters } of splits) {
    const { shortest, median, longest } = characters;
    const lengths = `${count(shortest)} to ${count(longest)} characters, half of them below ${count(median)}`;
    lines.push('', `${name}: ${file}`, `  ${count(rows)} rows, ${lengths}`);
    const counts = Object.entries(labels).sort((a, b) => b[1] - a[1]);
    const shown = counts.slice(0, 20).map(([label, n]) => ['', label, count(n), `${((100 * n) / rows).toFixed(1)} %`]);
    lines.push(...table(shown, [2, 3]));
    if (counts.length > 20) lines.push(`  and ${counts.length - 20} more labels`);
  }
  lines.push('', ...findings.flatMap(findingLines));
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  lines.push(
    findings.length === 0
      ? 'no problems found'
      : `${plural(errors, 'error')}, ${plural(findings.length - errors, 'warning')}`,
  );
  return lines;
}

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

function findingLines({ severity, message, count: times, places, hint }: Finding): string[] {
  const where = places.length === 0 ? '' : ` [${places.join(', ')}${times > places.length ? ', ...' : ''}]`;
  const often = times > 1 ? ` (${count(times)} times)` : '';
  return [`${severity}: ${message}${often}${where}`, ...(hint ? [`  ${hint}`] : [])];
}

export function define(command: Command, context: Context): void {
  const check = command
    .command('check')
    .description('check a file or folder of training data for problems')
    .argument('<data>', 'a CSV, TSV, JSONL or text file, or a folder with train, valid and test')
    .option('--run <run>', 'also report rows that exceed the context of this model')
    .option('--task <task>', `the task: ${tasks.join(', ')}`)
    .option('--text-column <name>', 'column of the text; two with a comma between them for pairs')
    .option('--label-column <name>', 'column of the label')
    .option('--prompt-template <template>', 'how columns make a prompt')
    .helpOption('-h, --help', 'this help');
  check.addHelpText(
    'after',
    '\nWarnings leave the exit code 0; errors make it 2.\n\nExample:\n  gpt-cli data check reviews.csv',
  );
  check.action(async (path: string, flags: CheckFlags) => {
    const { checkData } = await import('../../dataset/index.js');
    const report = await checkData(path, {
      task: taskOf(flags.task),
      ...(flags.textColumn !== undefined && { textColumns: columnNames(flags.textColumn) }),
      ...(flags.labelColumn !== undefined && { labelColumn: flags.labelColumn }),
      ...(flags.promptTemplate !== undefined && { template: templateText(flags.promptTemplate) }),
      ...(flags.run !== undefined && (await modelFacts(flags.run))),
      signal: context.stopOnInterrupt(),
    });
    if (context.json) context.print(JSON.stringify(report));
    else for (const line of reportLines(report)) context.print(line);
    const errors = report.findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) {
      const rows = errors.reduce((sum, finding) => sum + finding.count, 0);
      throw new GptError('data/check', `${path} has ${count(rows)} ${rows === 1 ? 'error' : 'errors'}`, {
        hint: errors[0]!.message,
      });
    }
  });
}

async function modelFacts(run: string) {
  const { openCheckpoint } = await import('../../checkpoint/index.js');
  const checkpoint = await openCheckpoint(run);
  try {
    const { chatTemplateOf } = await import('../../chat/index.js');
    const tokenizer = await checkpoint.loadTokenizer();
    const chat = await chatTemplateOf(checkpoint.directory, tokenizer);
    return { tokenizer, blockSize: checkpoint.config.blockSize, chat };
  } finally {
    await checkpoint.close();
  }
}
