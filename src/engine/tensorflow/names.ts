// What TensorFlow's two libraries are called on each platform.

export interface LibraryNames {
  /** The C library: `TF_*` and `TFE_*`. */
  readonly main: string;
  /** What it is linked against; it must be in the same folder. */
  readonly framework: string;
}

/** Undefined where TensorFlow's wheels hold no library that Node can load. */
export function libraryNames(platform: string = process.platform): LibraryNames | undefined {
  switch (platform) {
    case 'linux':
      return { main: 'libtensorflow_cc.so.2', framework: 'libtensorflow_framework.so.2' };
    case 'darwin':
      return { main: 'libtensorflow_cc.2.dylib', framework: 'libtensorflow_framework.2.dylib' };
    default:
      return undefined;
  }
}
