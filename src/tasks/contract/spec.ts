/** @file What a dataset says of a task. */

/** What dataset.yaml says of one task. Further fields belong to the kind. */
export interface TaskSpec {
  readonly kind: string;
}
