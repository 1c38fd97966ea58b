import { typed } from '../fixtures.js';

test('config schema and defaults print JSON for every command', async () => {
  for (const name of ['', 'pretrain', 'finetune', 'sample', 'eval', 'classify']) {
    const schema = await typed(`config schema ${name}`);
    const defaults = await typed(`config defaults ${name}`);
    expect([schema.code, defaults.code]).toEqual([0, 0]);
    expect(Object.keys(JSON.parse(schema.out).properties)).toEqual(
      expect.arrayContaining(Object.keys(JSON.parse(defaults.out))),
    );
  }
});

test('config presets lists names with what they are for', async () => {
  const { out } = await typed('config presets');
  expect(out).toMatch(/^char-tiny +nanoGPT's recipe for a CPU/m);
  expect(JSON.parse((await typed('config presets --json')).out)).toHaveProperty('gpt2');
});

test('config show prints each value and where it comes from', async () => {
  const { out } = await typed('config show -c char-tiny --n-layer 2 --no-bias');
  expect(out).toMatch(/^nLayer +2 +flag$/m);
  expect(out).toMatch(/^bias +false +flag$/m);
  expect(out).toMatch(/^blockSize +64 +char-tiny$/m);
  expect(out).toMatch(/^nHead +4 +default$/m);
  expect(out).toMatch(/^minLr +0\.0001 +derived$/m);
});

test.each([
  ['config show --n-layer x', 'error: "n-layer" must be a whole number from 1 to 1024, got "x"\n'],
  ['config show -c char-tinny', 'error: there is no config file or preset "char-tinny" (did you mean char-tiny?)\n'],
  [
    'config show --n-embd 130',
    'error: n-embd (130) is not divisible by n-head (4) (try --n-embd 128, or --n-head 2)\n',
  ],
  ['config schma', "error: unknown command 'schma' (did you mean schema?)\n"],
  ['config', 'error: gpt-cli config needs a subcommand (see gpt-cli config --help)\n'],
])('%s: %s', async (line, err) => {
  expect(await typed(line)).toEqual({ code: 2, out: '', err });
});
