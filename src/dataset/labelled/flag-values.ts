// Values that a person gives on the command line for the columns of a table.

/** `a,b` names two columns: a pair of texts. */
export function columnNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

/** A template in which `\n` stands for a line end. */
export function templateText(text: string): string {
  return text.replaceAll('\\n', '\n');
}
