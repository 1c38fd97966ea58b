// OpenVINO's library as the installer must know it.
import type { LibraryDescription } from '../install/index.js';
import { libraryNames } from './names.js';
import pins from './pins.json' with { type: 'json' };
import { probeOpenvino } from './probe.js';

export const openvinoLibrary: LibraryDescription = {
  name: 'openvino',
  title: 'OpenVINO',
  folder: 'openvino/libs',
  libraries: ({ platform, arch }) => libraryNames(platform, arch),
  /** Five libraries of some twenty, and the licences. */
  kept: [
    /^openvino\/libs\/libopenvino(_c|_onnx_frontend)?\.(so\.2641|2641\.dylib)$/,
    /^openvino\/libs\/libopenvino_(intel|arm)_cpu_plugin\.so$/,
    /^openvino\/libs\/libtbb\.(so\.12|12\.dylib)$/,
    /^openvino\/libs\/(openvino|openvino_c|openvino_intel_cpu_plugin|openvino_onnx_frontend|tbb12)\.dll$/,
    /^[^/]+\.dist-info\/licenses\//,
  ],
  wheel: /^openvino-/,
  companions: [],
  siblings: [],
  pins,
  glibc: { x64: '2.28', arm64: '2.35' },
  suitable: 'the wheel of OpenVINO 2026.4.1',
  probe: probeOpenvino,
};
