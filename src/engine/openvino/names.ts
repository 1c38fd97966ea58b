// What the files of OpenVINO's wheel that this engine needs are called on each platform.

/** Of the pinned release, 2026.4.1; on Linux and macOS it is part of the names. */
const abi = '2641';

/**
 * The C API, which is loaded; the runtime, the CPU plugin, the reader of ONNX models, and the library of threads, which
 * must lie beside it. Undefined where there is no wheel.
 * @param platform `process.platform`
 * @param arch `process.arch`
 */
export function libraryNames(platform: string, arch: string): readonly [string, ...string[]] | undefined {
  const plugin = arch === 'arm64' ? 'libopenvino_arm_cpu_plugin.so' : 'libopenvino_intel_cpu_plugin.so';
  switch (`${platform}-${arch}`) {
    case 'linux-x64':
    case 'linux-arm64': {
      const shared = (name: string) => `lib${name}.so.${abi}`;
      return [shared('openvino_c'), shared('openvino'), plugin, shared('openvino_onnx_frontend'), 'libtbb.so.12'];
    }
    case 'darwin-arm64': {
      const shared = (name: string) => `lib${name}.${abi}.dylib`;
      return [shared('openvino_c'), shared('openvino'), plugin, shared('openvino_onnx_frontend'), 'libtbb.12.dylib'];
    }
    case 'win32-x64': {
      const parts = ['openvino', 'openvino_intel_cpu_plugin', 'openvino_onnx_frontend', 'tbb12'];
      return ['openvino_c.dll', ...parts.map((name) => `${name}.dll`)];
    }
    default:
      return undefined;
  }
}
