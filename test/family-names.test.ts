// The check that keeps names of tensors and config keys inside the families.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(__dirname, '../scripts/family-names.js');

/** Lines and words that the check finds in a text. */
function found(text: string): { line: number; word: string }[] {
  const program = `
    import { readFileSync } from 'node:fs';
    import { offences, wordsOf } from ${JSON.stringify(script)};
    const family = ["list.matrix('wte.weight', [n_embd]); list.vector('ln_f.bias'); // my_comment", "norm(\`h.\${block}.ln_1\`)"];
    console.log(JSON.stringify(offences(readFileSync(0, 'utf8'), wordsOf(family))));`;
  const args = ['--input-type=module', '-e', program];
  return JSON.parse(execFileSync(process.execPath, args, { input: text, encoding: 'utf8' }));
}

test('finds config keys, tensor names and patterns of them, with their lines', () => {
  expect(found("const a = 1;\nread('wte.weight');\nsize('n_embd');\n/^h\\.\\d+/.exec(x);\nx = 'ln_f.weight'")).toEqual([
    { line: 2, word: 'wte' },
    { line: 3, word: 'n_embd' },
    { line: 4, word: 'h' },
    { line: 5, word: 'ln_f' },
  ]);
});

test('comments, imports and other words are free', () => {
  const text =
    "// wte.weight\n/* n_embd */\nimport x from './wte.js';\nread('other_key'); call('h'); const my_comment = 2;";
  expect(found(text)).toEqual([]);
});

test('the project has none', () => {
  expect(() => execFileSync(process.execPath, [script], { stdio: 'pipe' })).not.toThrow();
});
