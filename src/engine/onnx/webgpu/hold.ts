// Keeps the GPU open. onnxruntime closes it with its last session, and every tensor on it is lost then: to use or even
// dispose one afterwards ends the process.
import { GraphBuilder } from '../../../trace/index.js';
import { GraphSession, type SessionOptions } from '../session.js';

let held: Promise<unknown> | undefined;

/** Opens the device for as long as the process lives; later calls do nothing. */
export async function holdDevice({ device, threads }: Pick<SessionOptions, 'device' | 'threads'>): Promise<void> {
  if (device !== 'webgpu') return;
  held ??= GraphSession.open(tinyGraph(), { device, threads }).catch((error: unknown) => {
    held = undefined;
    throw error;
  });
  await held;
}

/** y = x + x of two numbers: the least that a device can be asked. */
export function tinyGraph() {
  const builder = new GraphBuilder('probe');
  const spec = { shape: [2], dtype: 'float32' } as const;
  const x = builder.input('x', spec);
  builder.output('y', builder.add('Add', [x, x], {}, [spec])[0]!);
  return builder.build();
}
