// Which columns of a table mean what, where a person says so. Apart, so that the library's types do not lead to tfjs.

export interface LabelledColumns {
  /** Columns of the text; two for pairs. */
  readonly textColumns?: readonly string[] | undefined;
  readonly labelColumn?: string | undefined;
  /** How columns make a prompt. */
  readonly promptTemplate?: string | undefined;
}
