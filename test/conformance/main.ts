// Runs tfjs-core's own test suite on one backend and writes what each spec gave. scripts/conformance.js bundles it, with
// the suite, and compares.
import { writeFileSync } from 'node:fs';
import core from 'jasmine-core';
import { hash32 } from '../../src/rng.js';
import { coverage } from './environment.js';
import '@tensorflow/tfjs-core/dist/tests.js';

const env = core.jasmine.getEnv();
const specs: Record<string, { status: string; message?: string }> = {};
const grep = process.env['CONFORMANCE_GREP'] ?? '';
const [part, parts] = (process.env['CONFORMANCE_PART'] ?? '1/1').split('/').map(Number) as [number, number];
/** By name, so that a spec is in the same part on every backend. */
const inPart = (name: string) => hash32(...Buffer.from(name)) % parts === part - 1;
env.configure({ specFilter: (spec) => spec.getFullName().includes(grep) && inPart(spec.getFullName()) });
env.addReporter({
  specDone: ({ fullName, status, failedExpectations }) => {
    // Several specs of the suite share a name.
    let name = fullName;
    for (let copy = 2; name in specs; copy++) name = `${fullName} (${copy})`;
    const message = failedExpectations[0]?.message;
    specs[name] = { status, ...(message === undefined ? {} : { message: message.slice(0, 500) }) };
  },
});
await env.execute();
writeFileSync(process.env['CONFORMANCE_RESULT']!, JSON.stringify({ specs, coverage }));
process.exit(0);
