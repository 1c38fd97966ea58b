// Says to tfjs' suite which backend it is to judge. Imported before the suite, whose files look at once.
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { type Coverage, registerConformanceBackend } from './backend.js';
import { runners } from './runners.js';

const engine = process.env['CONFORMANCE_BACKEND'] ?? 'cpu';
const backendName = engine === 'cpu' ? 'cpu' : 'conformance';

export const coverage: Coverage | undefined =
  engine === 'cpu' ? undefined : registerConformanceBackend(backendName, await runners[engine]!());

// The name is part of every spec's: the same for all, so that results can be compared.
setTestEnvs([{ name: 'conformance', backendName, isDataSync: true }]);
