// gpt-cli doctor: what this machine offers. The examination is in engine/doctor.
import type { Command } from 'commander';
import { settings } from '../../config/index.js';
import type { DeviceReport, EngineReport, PackageReport, Report } from '../../engine/index.js';
import { GptError } from '../../errors.js';
import type { Race } from '../../session/race/index.js';
import type { Context } from '../context.js';
import { table } from '../format.js';

const gigabytes = (megabytes: number) => `${(megabytes / 1000).toFixed(1)} GB`;

const speed = (gflops: number | undefined, format: string) =>
  gflops === undefined ? undefined : `${Number(gflops.toPrecision(3))} GFLOP/s in ${format}`;

function deviceLine({ name, available, detail, gflops, bf16Gflops, reason, fix }: DeviceReport): string[] {
  const speeds = [speed(gflops, 'float32'), speed(bf16Gflops, 'bfloat16')];
  if (available) return [`  ${name}`, 'yes', [...speeds, detail].filter(Boolean).join(', ')];
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

/**
 * The lines for a person.
 * @param race what --backend auto trains on, where there is a choice
 */
export function reportLines(report: Report, race?: string): string[] {
  const { node, platform, cpu, logicalCores, threads, memoryMB, engines } = report;
  const rows = [
    ['node', node],
    ['platform', platform],
    ['processor', `${cpu}, ${logicalCores} logical cores`],
    ['threads', `${threads} by default`],
    ['memory', `${gigabytes(memoryMB.available)} of ${gigabytes(memoryMB.total)} available`],
  ];
  return [...table(rows), '', ...table(engines.flatMap(engineLines)), ...(race ? ['', race] : [])];
}

function readThreads(text: string): number {
  const { schema, expects, read } = settings['threads']!;
  const result = schema.safeParse(read(text));
  if (result.success) return result.data as number;
  throw new GptError('config/value', `"threads" must be ${expects}, got ${JSON.stringify(text)}`);
}

/** The recorded race, or a new one. None where OpenVINO is not found; why not, the examination says. */
async function raceOf(again: boolean, context: Context): Promise<Race | undefined> {
  const { raceOnce, recordedRace } = await import('../../session/race/index.js');
  const { env } = context.streams;
  try {
    return again ? await raceOnce({ env, again, signal: context.stopOnInterrupt() }) : recordedRace(env);
  } catch (error) {
    if (error instanceof GptError) return undefined;
    throw error;
  }
}

async function raceLine(race: Race | undefined, asked: boolean): Promise<string | undefined> {
  if (!race) return asked ? 'no race was run: openvino is not available' : undefined;
  const { describeRace } = await import('../../session/race/index.js');
  return describeRace(race);
}

export function define(command: Command, context: Context): void {
  command
    .option('--threads <n>', 'threads of the measurement')
    .option('--race', 'measure again whether onnx or openvino trains faster: what --backend auto chooses by')
    .addHelpText('after', '\nExample:\n  gpt-cli doctor --json')
    .action(async (flags: { threads?: string; race?: true }) => {
      const threads = flags.threads === undefined ? undefined : readThreads(flags.threads);
      const { examine } = await import('../../engine/index.js');
      const race = await raceOf(flags.race === true, context);
      const report = await examine(threads);
      if (context.json) context.print(JSON.stringify({ ...report, ...(race && { race }) }));
      else for (const line of reportLines(report, await raceLine(race, flags.race === true))) context.print(line);
    });
}
