// TensorFlow's ServerDef, by hand: who is in the cluster and which of them we are. The leading worker gives the
// collectives their groups.
import type { ClusterSpec } from '../../../cluster/types.js';
import { configProto, message, number, text } from '../native/index.js';

/** A worker as TensorFlow names it. */
export const taskName = (rank: number) => `/job:worker/replica:0/task:${rank}`;

/** Numbers of the fields in tensorflow/core/protobuf: tensorflow_server.proto, cluster.proto, config.proto. */
const server = { cluster: 1, jobName: 2, taskIndex: 3, config: 4, protocol: 5 } as const;
const job = { name: 1, tasks: 2 } as const;
const entry = { key: 1, value: 2 } as const;
const experimental = 16;
const groupLeader = 1;

/** Serialized. */
export function serverDef({ rank, addresses }: ClusterSpec, threads: number): Uint8Array {
  const tasks = addresses.flatMap((address, index) =>
    message(job.tasks, [...number(entry.key, index), ...text(entry.value, address)]),
  );
  const cluster = message(1, [...text(job.name, 'worker'), ...tasks]);
  const more = Uint8Array.from(message(experimental, text(groupLeader, taskName(0))));
  const config = configProto({ threads, interThreads: 1, growMemory: true, gpu: true, more });
  return Uint8Array.from([
    ...message(server.cluster, cluster),
    ...text(server.jobName, 'worker'),
    ...number(server.taskIndex, rank),
    ...message(server.config, [...config]),
    ...text(server.protocol, 'grpc'),
  ]);
}
