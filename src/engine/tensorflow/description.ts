// TensorFlow's library as the installer must know it.
import type { LibraryDescription } from '../install/index.js';
import { libraryNames } from './names.js';
import pins from './pins.json' with { type: 'json' };
import { probeTensorflow } from './probe.js';

export const tensorflowLibrary: LibraryDescription = {
  name: 'tensorflow',
  title: 'TensorFlow',
  folder: 'tensorflow',
  libraries({ platform }) {
    const names = libraryNames(platform);
    return names && [names.main, names.framework];
  },
  /** The libraries, what CUDA needs at run time, licences, and the few headers that tfjs-node's binding is compiled with. */
  kept: [
    /^tensorflow\/libtensorflow_(cc|framework)\.(so\.2|2\.dylib)$/,
    /^tensorflow\/(THIRD_PARTY_NOTICES\.txt|include\/LICENSE)$/,
    /^tensorflow\/include\/(tensorflow\/c|tensorflow\/c\/eager|xla\/tsl\/c|tsl\/c)\/[^/]+\.h$/,
    /^tensorflow\/include\/(tensorflow\/core|tsl)\/platform\/ctstring(_internal)?\.h$/,
    /^nvidia\/[^/]+\/(lib|bin|nvvm)\/(?!.*\.a$)/,
    /^[^/]+\.dist-info\/(licenses\/|License|LICENSE)/,
  ],
  wheel: /^tensorflow(_cpu)?-/,
  companions: ['THIRD_PARTY_NOTICES.txt', 'include'],
  siblings: ['nvidia'],
  pins,
  glibc: { x64: '2.27', arm64: '2.27' },
  refuses: ({ platform }) =>
    platform === 'win32'
      ? 'on Windows TensorFlow is one library with its Python module (it needs python311.dll), which Node cannot load; in WSL it works'
      : undefined,
  suitable: 'a wheel of TensorFlow 2.12 or newer',
  probe: probeTensorflow,
};
