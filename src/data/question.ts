/** The error for an ambiguous data set. The person chooses one of the readings, and the import is requested again. */

import type { DataQuestion } from '../core/dataset';
import { UserError } from '../core/user-error';

/** Ends the import of a set that could be read in more than one way. Its message states the open question. */
export class AmbiguousData extends UserError {
  constructor(readonly question: DataQuestion) {
    super(question.sentence);
  }
}
