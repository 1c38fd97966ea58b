// Names in a message.

/** `"a", "b" and 3 more`: a list for a message, cut after `limit`. */
export function quoteList(names: readonly string[], limit = 12): string {
  const shown = names.slice(0, limit).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
