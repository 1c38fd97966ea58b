// What sizes in a foreign file may be: beyond what any model has, and little enough to be worked with before a tensor is looked at.
export const most = {
  layers: 4096,
  heads: 4096,
  width: 1 << 17,
  inner: 1 << 19,
  positions: 1 << 24,
  vocabulary: 1 << 24,
} as const;
