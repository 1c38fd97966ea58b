// How a context joins a cluster: it opens its gRPC server, then waits for the others.
import type { ClusterSpec } from '../../../cluster/types.js';
import { GptError } from '../../../errors.js';
import type { Context } from '../native/index.js';
import { Collectives } from './collectives.js';
import { Peers } from './peers.js';
import { serverDef } from './server-def.js';

export interface JoinOptions {
  /** Seconds to wait for the others. */
  readonly seconds: number;
  /** Told now and then who has yet to come. */
  readonly waiting: (missing: string) => void;
  /** Aborted: nobody is waited for any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Joins; to be done before the context holds anything, since its devices get other names.
 * @throws GptError `cluster/port` when our own address cannot be served, `cluster/late`
 */
export async function joinCluster(
  context: Context,
  spec: ClusterSpec,
  threads: number,
  { seconds, waiting, signal }: JoinOptions,
): Promise<Collectives> {
  try {
    context.enableCollectives(serverDef(spec, threads));
  } catch (cause) {
    const own = spec.addresses[spec.rank]!;
    throw new GptError('cluster/port', `worker ${spec.rank} cannot serve ${own}: ${(cause as Error).message}`, {
      hint: 'is another process using that port?',
      cause,
    });
  }
  const peers = new Peers(spec, (task, milliseconds) => context.checkPeer(task, milliseconds));
  await peers.gather(seconds, waiting, signal);
  return new Collectives(context, peers);
}
