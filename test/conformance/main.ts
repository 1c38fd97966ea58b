// Runs tfjs-core's own test suite on one backend and writes what each spec gave. scripts/conformance.js bundles it, with
// the suite, and compares.
import { writeFileSync } from 'node:fs';
import core from 'jasmine-core';
import { coverage } from './environment.js';
import '@tensorflow/tfjs-core/dist/tests.js';

const env = core.jasmine.getEnv();
const specs: Record<string, { status: string; message?: string }> = {};
const grep = process.env['CONFORMANCE_GREP'] ?? '';
env.configure({ specFilter: (spec) => spec.getFullName().includes(grep) });
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
