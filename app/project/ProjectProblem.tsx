/** Why something could not be done with a project: on the page, and in the dialog that covers it. */
import { useSession, write } from '../store/session';
import { ProblemNote } from '../ui/ProblemNote';

export function ProjectProblem() {
  const problem = useSession((session) => session.projectProblem);
  return <ProblemNote title="Projects" problem={problem} onDismiss={() => write({ projectProblem: null })} />;
}
