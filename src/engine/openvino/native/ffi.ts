// OpenVINO's C API as this engine uses it: every function with its C declaration and its TypeScript type. Declares and
// nothing else.
import type * as Koffi from 'koffi';
import { knowsType, type Native, type Pointer } from '../../koffi.js';

type Out<T> = [T | null];

/** `ov_shape_t`, passed by value. */
export interface Shape {
  readonly rank: number;
  /** Never empty: a scalar has rank 0 and one number here. */
  readonly dims: BigInt64Array;
}

/** `ov_property_t` of strings. */
export interface Property {
  readonly key: string;
  readonly value: string;
}

/** `ov_profiling_info_t` */
export interface ProfiledNode {
  readonly status: number;
  /** Microseconds. */
  readonly real_time: number | bigint;
  readonly node_name: string;
  /** The kernel. */
  readonly exec_type: string;
  readonly node_type: string;
}

/** `ov_profiling_info_list_t` */
export interface ProfiledNodes {
  profiling_infos: Pointer | null;
  size: number | bigint;
}

/** Each returns a status, 0 for success, unless it frees or tells. */
export interface OpenvinoApi {
  ov_get_last_err_msg: Native<[], string | null>;
  ov_get_openvino_version: Native<[version: { buildNumber?: string }], number>;
  ov_core_create: Native<[Out<Pointer>], number>;
  ov_core_free: Native<[Pointer], void>;
  ov_core_get_property: Native<[core: Pointer, device: string, key: string, Out<string>], number>;
  ov_core_read_model_from_memory_buffer: Native<
    [core: Pointer, model: Uint8Array, bytes: number, weights: null, Out<Pointer>],
    number
  >;
  ov_model_free: Native<[Pointer], void>;
  ov_core_compile_model_props: Native<
    [core: Pointer, model: Pointer, device: string, count: number, properties: readonly Property[], Out<Pointer>],
    number
  >;
  ov_compiled_model_free: Native<[Pointer], void>;
  ov_compiled_model_input_by_name: Native<[compiled: Pointer, name: string, Out<Pointer>], number>;
  ov_output_const_port_free: Native<[Pointer], void>;
  ov_compiled_model_create_infer_request: Native<[compiled: Pointer, Out<Pointer>], number>;
  ov_infer_request_set_tensor: Native<[request: Pointer, name: string, tensor: Pointer], number>;
  ov_infer_request_infer: Native<[request: Pointer], number>;
  ov_infer_request_get_profiling_info: Native<[request: Pointer, ProfiledNodes], number>;
  ov_profiling_info_list_free: Native<[ProfiledNodes], void>;
  ov_infer_request_free: Native<[Pointer], void>;
  ov_tensor_create_from_host_ptr: Native<[type: number, Shape, data: NodeJS.TypedArray, Out<Pointer>], number>;
  ov_tensor_free: Native<[Pointer], void>;
  /** Reads a list that the library filled; ours. */
  decodeProfile(list: ProfiledNodes): ProfiledNode[];
}

const declarations: Readonly<Record<Exclude<keyof OpenvinoApi, 'decodeProfile'>, string>> = {
  ov_get_last_err_msg: 'const char *ov_get_last_err_msg()',
  ov_get_openvino_version: 'int ov_get_openvino_version(_Out_ ov_version_t *)',
  ov_core_create: 'int ov_core_create(_Out_ void **)',
  ov_core_free: 'void ov_core_free(void *)',
  ov_core_get_property: 'int ov_core_get_property(void *, const char *, const char *, _Out_ char **)',
  ov_core_read_model_from_memory_buffer:
    'int ov_core_read_model_from_memory_buffer(void *, const void *, size_t, void *, _Out_ void **)',
  ov_model_free: 'void ov_model_free(void *)',
  ov_core_compile_model_props:
    'int ov_core_compile_model_props(void *, void *, const char *, size_t, const ov_property_t *, _Out_ void **)',
  ov_compiled_model_free: 'void ov_compiled_model_free(void *)',
  ov_compiled_model_input_by_name: 'int ov_compiled_model_input_by_name(void *, const char *, _Out_ void **)',
  ov_output_const_port_free: 'void ov_output_const_port_free(void *)',
  ov_compiled_model_create_infer_request: 'int ov_compiled_model_create_infer_request(void *, _Out_ void **)',
  ov_infer_request_set_tensor: 'int ov_infer_request_set_tensor(void *, const char *, void *)',
  ov_infer_request_infer: 'int ov_infer_request_infer(void *)',
  ov_infer_request_get_profiling_info:
    'int ov_infer_request_get_profiling_info(void *, _Out_ ov_profiling_info_list_t *)',
  ov_profiling_info_list_free: 'void ov_profiling_info_list_free(ov_profiling_info_list_t *)',
  ov_infer_request_free: 'void ov_infer_request_free(void *)',
  ov_tensor_create_from_host_ptr: 'int ov_tensor_create_from_host_ptr(int, ov_shape_t, void *, _Out_ void **)',
  ov_tensor_free: 'void ov_tensor_free(void *)',
};

/** `ov_element_type_e` */
export const elementTypes = { float32: 4, int32: 9, bool: 1, uint8: 16 } as const;

/** Binds every declaration to a library; throws koffi's error for a name that it does not export. */
export function bind(koffi: typeof Koffi, path: string): OpenvinoApi {
  const structs = {
    ov_version_t: { buildNumber: 'const char *', description: 'const char *' },
    ov_shape_t: { rank: 'int64_t', dims: 'int64_t *' },
    ov_property_t: { key: 'const char *', value: 'const char *' },
    ov_profiling_info_t: {
      status: 'int',
      real_time: 'int64_t',
      cpu_time: 'int64_t',
      node_name: 'const char *',
      exec_type: 'const char *',
      node_type: 'const char *',
    },
    ov_profiling_info_list_t: { profiling_infos: 'void *', size: 'size_t' },
  };
  for (const [name, members] of Object.entries(structs)) if (!knowsType(koffi, name)) koffi.struct(name, members);
  const library = koffi.load(path);
  const entries = Object.entries(declarations).map(([name, declaration]) => [name, library.func(declaration)] as const);
  const decodeProfile: OpenvinoApi['decodeProfile'] = ({ profiling_infos, size }) =>
    koffi.decode(profiling_infos, koffi.array('ov_profiling_info_t', Number(size)));
  return { ...Object.fromEntries(entries), decodeProfile } as unknown as OpenvinoApi;
}
