/** Step 1: importing images, their counts, the split, and what was left out. */
import { chooseReading, importFiles, stopImport } from '../../store/data-actions';
import { obstacleFor } from '../../store/permissions';
import { useSession, write } from '../../store/session';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import { Block, StepPage } from '../../ui/StepPage';
import { Term } from '../../ui/Term';
import { ClassGrid } from './ClassGrid';
import { ConflictList } from './ConflictList';
import { AppliedCorrections, PendingCorrections } from './Corrections';
import classes from './DataStep.module.css';
import { DropArea } from './DropArea';
import { Hero } from './Hero';
import { ImageViewer } from './ImageViewer';
import { LeftOutList } from './LeftOutList';
import { NoticeList } from './NoticeList';
import { ReadingChoice } from './ReadingChoice';
import { SampleCards } from './SampleCards';
import { SplitBar } from './SplitBar';

export function DataStep() {
  const dataset = useSession((session) => session.dataset);
  const importing = useSession((session) => session.importing);
  const problem = useSession((session) => session.dataProblem);
  const reason = useSession(obstacleFor('importData'));
  return (
    <StepPage
      title="Data"
      lead={
        <>
          Load images in folders, one folder per <Term of="class" />. They are processed in this page and not
          uploaded.
        </>
      }
    >
      {problem?.kind === 'user' && problem.question ? (
        <ReadingChoice
          question={problem.question}
          disabled={reason !== null}
          onChoose={(reading) => void chooseReading(reading)}
          onDismiss={() => write({ dataProblem: null })}
        />
      ) : (
        <ProblemNote
          problem={problem}
          title="The images could not be loaded"
          onDismiss={() => write({ dataProblem: null })}
        />
      )}
      {importing ? (
        <div className={classes.importing}>
          <ProgressLine progress={importing} name="Import" onCancel={stopImport} />
        </div>
      ) : (
        dataset && <Imported reason={reason} />
      )}
      {!dataset && <Hero />}
      <Block
        title={dataset ? 'Load other images' : 'Your own images'}
        note={dataset && reason === null ? 'They replace the current images.' : undefined}
      >
        <div className={classes.ways}>
          <DropArea disabled={reason !== null} reason={reason} onFiles={importFiles} />
          <SampleCards disabled={reason !== null} />
        </div>
      </Block>
    </StepPage>
  );
}

function Imported({ reason }: { reason: string | null }) {
  const dataset = useSession((session) => session.dataset);
  if (!dataset) return null;
  return (
    <ImageViewer dataset={dataset}>
      <SplitBar dataset={dataset} reason={reason} />
      <NoticeList notices={dataset.notices} />
      <ConflictList dataset={dataset} />
      <AppliedCorrections dataset={dataset} reason={reason} />
      <LeftOutList leftOut={dataset.leftOut} />
      <Block
        title="Classes"
        note="Images with dashed frames are validation and test images. They are not used for training."
      >
        <div className={classes.grids}>
          {dataset.classes.map((each) => (
            <ClassGrid key={each.name} summary={each} />
          ))}
        </div>
      </Block>
      <PendingCorrections reason={reason} />
    </ImageViewer>
  );
}
