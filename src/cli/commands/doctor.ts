// gpt-cli doctor: what this machine offers. The examination is in engine/doctor.
import type { Command } from 'commander';
import { settings } from '../../config/index.js';
import type { DeviceReport, EngineReport, PackageReport, Report } from '../../engine/index.js';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';
import { table } from '../format.js';

const gigabytes = (megabytes: number) => `${(megabytes / 1000).toFixed(1)} GB`;

function deviceLine({ name, available, detail, gflops, reason, fix }: DeviceReport): string[] {
  const speed = gflops === undefined ? undefined : `${Number(gflops.toPrecision(3))} GFLOP/s in float32`;
  if (available) return [`  ${name}`, 'yes', [speed, detail].filter(Boolean).join(', ')];
  return [`  ${name}`, 'no', [reason, fix && `(${fix})`].filter(Boolean).join(' ')];
}

function packageLine({ name, available, detail, fix }: PackageReport): string[] {
  return [`  ${name}`, available ? 'yes' : 'no', [detail, fix && `(${fix})`].filter(Boolean).join(' ')];
}

function engineLines({ name, available, version, reason, fix, devices, packages = [] }: EngineReport): string[][] {
  const found = available
    ? [name, 'yes', version ?? '']
    : [name, 'no', [reason, fix && `(${fix})`].filter(Boolean).join(' ')];
  return [found, ...devices.map(deviceLine), ...packages.map(packageLine)];
}

/** The lines for a person. */
export function reportLines(report: Report): string[] {
  const { node, platform, cpu, logicalCores, threads, memoryMB, engines } = report;
  const rows = [
    ['node', node],
    ['platform', platform],
    ['processor', `${cpu}, ${logicalCores} logical cores`],
    ['threads', `${threads} by default`],
    ['memory', `${gigabytes(memoryMB.available)} of ${gigabytes(memoryMB.total)} available`],
  ];
  return [...table(rows), '', ...table(engines.flatMap(engineLines))];
}

function readThreads(text: string): number {
  const { schema, expects, read } = settings['threads']!;
  const result = schema.safeParse(read(text));
  if (result.success) return result.data as number;
  throw new GptError('config/value', `"threads" must be ${expects}, got ${JSON.stringify(text)}`);
}

export function define(command: Command, context: Context): void {
  command
    .option('--threads <n>', 'threads of the measurement')
    .addHelpText('after', '\nExample:\n  gpt-cli doctor --json')
    .action(async (flags: { threads?: string }) => {
      const threads = flags.threads === undefined ? undefined : readThreads(flags.threads);
      const { examine } = await import('../../engine/index.js');
      const report = await examine(threads);
      if (context.json) context.print(JSON.stringify(report));
      else for (const line of reportLines(report)) context.print(line);
    });
}
