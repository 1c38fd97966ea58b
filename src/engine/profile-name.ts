// Names of profiles.

/** Beginning of the name of a graph's profile, in the files that begin with `prefix`. */
export function profileOf(prefix: string, graph: string): string {
  return `${prefix}-${graph.replaceAll(/[^\w.-]+/g, '-')}`;
}
