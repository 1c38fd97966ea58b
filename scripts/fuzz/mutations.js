// Mutations of files for scripts/fuzz.js: bytes of any file, values of JSON, headers of safetensors. All of it follows from the seed.
import { sized } from './sized.js';

let state = 0;

/** Starts the random numbers anew. */
export function seedMutations(seed) {
  state = seed | 0;
}

/** mulberry32 */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const numbers = [
  '0',
  '-1',
  '1e9',
  '1e308',
  '-1e308',
  '9007199254740993',
  '0.1',
  'null',
  '"x"',
  '[]',
  '{}',
  'true',
  '""',
];
const strings = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '\u0000',
  '\ud800',
  'a'.repeat(5000),
  '../../x',
  '<|endoftext|>',
];

/** A JSON value with something in it changed; undefined removes it. */
function mutateValue(value, depth = 0) {
  if (depth > 6 || random() < 0.15 || typeof value !== 'object' || value === null) {
    if (random() < 0.2) return undefined;
    return random() < 0.5 ? JSON.parse(pick(numbers)) : pick(strings);
  }
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const keys = Object.keys(copy);
  if (keys.length === 0) return pick([{ [pick(strings)]: 1 }, [1], null]);
  const key = pick(keys);
  if (random() < 0.1 && !Array.isArray(copy)) copy[pick(strings)] = copy[key];
  else if (random() < 0.1 && Array.isArray(copy)) copy.push(copy[key], copy[key]);
  else copy[key] = mutateValue(copy[key], depth + 1);
  return copy;
}

function asJson(bytes) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** A safetensors file with a changed header, its length put right. */
function mutateHeader(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.stringify(mutateValue(JSON.parse(bytes.subarray(8, 8 + length).toString()))) ?? '';
  return Buffer.concat([sized(header), bytes.subarray(8 + length)]);
}

function insert(bytes, at, what) {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(what), bytes.subarray(at)]);
}

function mutateBytes(bytes) {
  const at = below(bytes.length + 1);
  const to = Math.min(bytes.length, at + below(64));
  switch (below(13)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, to), bytes.subarray(to)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(strings)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([Buffer.from(pick(['\ufeff', '\u0000', 'sep=;\n', '[', '{', '\r', '"'])), bytes]);
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(pick(['[', '{"a":', '"', '(']).repeat(10000)),
        bytes.subarray(at),
      ]);
    case 6:
      return Buffer.from(
        bytes.toString('latin1').replace(/\d+/g, (n) => (random() < 0.1 ? pick(numbers) : n)),
        'latin1',
      );
    case 7:
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', pick(['\r\n', '\r', '\n\n', ''])), 'latin1');
    case 8: // a key twice, in the object around it or in another
      return insert(bytes, at, pick(bytes.toString('latin1').match(/"[^"]*":\s*[^,{}[\]]+,/g) ?? ['"a":1,']));
    case 9: // what JavaScript and Python write, and JSON lacks
      return Buffer.from(
        bytes.toString('latin1').replace(/\d+/g, (n) => (random() < 0.1 ? pick(['NaN', '-Infinity', '0x1']) : n)),
        'latin1',
      );
    case 10: // no UTF-8
      return insert(bytes, at, Buffer.from(pick(['ff', 'c0af', 'eda080', 'f4908080', 'e282', '0000', 'fffe']), 'hex'));
    case 11: {
      const length = pick([300_000, 2_000_000]);
      return insert(bytes, at, pick(['a', '"', ' ', '\n', ',', '\u00e9']).repeat(length));
    }
    default: {
      const copy = Buffer.from(bytes);
      for (let n = 1 + below(8); n > 0 && copy.length > 0; n--) copy[below(copy.length)] ^= 1 << below(8);
      return copy;
    }
  }
}

/** The bytes of the file `name` with one to three changes. */
export function mutate(bytes, name) {
  let result = bytes;
  for (let n = 1 + below(3); n > 0; n--) {
    const json = name.endsWith('.json') && random() < 0.6 ? asJson(result) : undefined;
    if (json !== undefined) result = Buffer.from(JSON.stringify(mutateValue(json)) ?? '');
    else if (name.endsWith('.safetensors') && random() < 0.5 && n === 1 && result === bytes)
      result = mutateHeader(result);
    else result = mutateBytes(result);
  }
  return result;
}
