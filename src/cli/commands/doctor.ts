// gpt-cli doctor: what this machine offers. The examination is in engine/doctor.
import type { Command } from 'commander';
import type { Context } from '../context.js';

export function define(command: Command, context: Context): void {
  command.addHelpText('after', '\nExample:\n  gpt-cli doctor --json').action(async () => {
    const { examine, reportLines } = await import('../../engine/doctor.js');
    const report = await examine({ signal: context.signal });
    if (context.json) context.print(JSON.stringify(report));
    else for (const line of reportLines(report)) context.print(line);
  });
}
