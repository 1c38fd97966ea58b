// TF_CONFIG as Kubeflow's TFJob writes it and TensorFlow's MultiWorkerMirroredStrategy reads it: which workers there are,
// and which of them this process is.
// https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable
import { z } from 'zod';
import { GptError } from '../errors.js';
import type { ClusterSpec } from './types.js';

const example = '{"cluster":{"worker":["host-a:2222","host-b:2222"]},"task":{"type":"worker","index":0}}';

const addresses = z.array(z.string());
const schema = z.object({
  cluster: z.record(z.string(), z.union([addresses, z.record(z.string(), z.string())])).optional(),
  task: z.object({ type: z.string(), index: z.union([z.int().min(0), z.string().regex(/^\d+$/)]) }).optional(),
});

/** Names of the worker that leads; `master` is the older one. */
const leaders = ['chief', 'master'];

/**
 * Reads TF_CONFIG. The chief, where there is one, becomes worker 0 and the others follow.
 * @param text the variable's value
 * @returns undefined when it names no other worker: the run is then an ordinary one
 * @throws GptError `cluster/tf-config`
 */
export function parseTfConfig(text: string | undefined): ClusterSpec | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const { cluster, task } = read(text);
  if (cluster === undefined || Object.keys(cluster).length === 0) return undefined;
  refuseOtherJobs(Object.keys(cluster));
  const leader = Object.keys(cluster).filter((job) => leaders.includes(job));
  if (leader.length > 1) throw wrong('names both a chief and a master', 'one of them leads');
  const jobs = [...leader, 'worker'].filter((job) => cluster[job] !== undefined);
  const all: string[] = [];
  const firstOf = new Map<string, number>();
  for (const job of jobs) {
    const list = listOf(job, cluster[job]!);
    if (job !== 'worker' && list.length !== 1) throw wrong(`names ${list.length} of ${job}`, 'there is one that leads');
    firstOf.set(job, all.length);
    all.push(...list);
  }
  for (const address of all) checkAddress(address);
  const twice = all.find((address, i) => all.indexOf(address) !== i);
  if (twice !== undefined) throw wrong(`names ${twice} twice`, 'every worker needs its own address');
  const rank = rankOf(task, cluster, firstOf);
  return all.length === 1 ? undefined : { rank, addresses: all };
}

type Parsed = z.infer<typeof schema>;
type Jobs = NonNullable<Parsed['cluster']>;

function read(text: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(`is not JSON: ${(cause as Error).message}`, `for example ${example}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const where = path.length > 0 ? `${path.join('.')}: ` : '';
  throw wrong(`cannot be used: ${where}${message}`, `for example ${example}`);
}

function refuseOtherJobs(jobs: readonly string[]): void {
  if (jobs.includes('ps')) {
    throw wrong('names parameter servers (ps)', 'gradients are all-reduced among the workers: leave ps out of the job');
  }
  const other = jobs.find((job) => job !== 'worker' && !leaders.includes(job));
  if (other === 'evaluator')
    throw wrong('names an evaluator', 'worker 0 evaluates: leave the evaluator out of the job');
  if (other !== undefined) throw wrong(`names jobs of the kind ${JSON.stringify(other)}`, 'there are worker and chief');
}

/** The addresses of a job. A sparse cluster ({"0": "host:port"}) does not name them all. */
function listOf(job: string, given: Jobs[string]): string[] {
  if (Array.isArray(given)) return given;
  throw wrong(`gives the addresses of ${job} as an object`, 'a list is needed: turn enableDynamicWorker off');
}

function checkAddress(address: string): void {
  const port = Number(/^.+:(\d{1,5})$/.exec(address)?.[1]);
  if (port >= 1 && port <= 65535) return;
  throw wrong(`has the address ${JSON.stringify(address)}`, 'an address is host:port');
}

function rankOf(task: Parsed['task'], cluster: Jobs, firstOf: ReadonlyMap<string, number>): number {
  if (task === undefined) throw wrong('does not say which worker this is', `it needs "task": for example ${example}`);
  const { type } = task;
  const index = Number(task.index);
  if (type === 'ps' || type === 'evaluator') refuseOtherJobs([type]);
  const first = firstOf.get(type);
  if (first === undefined)
    throw wrong(`says that this is a ${type}, of which its cluster has none`, `there are ${[...firstOf.keys()]}`);
  const count = listOf(type, cluster[type]!).length;
  if (index >= count) throw wrong(`says that this is ${type} ${index}, but there are ${count}`, 'they count from 0');
  return first + index;
}

function wrong(what: string, hint: string): GptError {
  return new GptError('cluster/tf-config', `TF_CONFIG ${what}`, { hint });
}
