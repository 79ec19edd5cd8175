/** Step 5: download and load adapters, classify images, see how kernels changed. */
import { Button } from '@mantine/core';
import { chosenModels, usableModels, useSession, write } from '../../store/session';
import { ProblemNote } from '../../ui/ProblemNote';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import { Term } from '../../ui/Term';
import { Classify } from './Classify';
import { LoadAdapter } from './LoadAdapter';
import { ModelList } from './ModelList';
import { Movement } from './Movement';

export function UseStep() {
  const models = useSession((session) => session.models);
  const runs = useSession((session) => session.runs);
  const backbone = useSession((session) => session.backbone);
  const problem = useSession((session) => session.modelsProblem);
  const here = usableModels({ models, backbone });
  const chosen = chosenModels({ models, backbone, runs });
  return (
    <StepPage
      title="Use"
      lead={
        <>
          Download trained <Term of="adapter">adapters</Term>, load them again on any machine, and classify
          images with them.
        </>
      }
    >
      <ProblemNote
        problem={problem}
        title="The adapter could not be loaded or saved"
        onDismiss={() => write({ modelsProblem: null })}
      />
      {models.length === 0 && (
        <Empty title="No models yet">
          <p>Finished runs appear here. You can also load an adapter file from an earlier session below.</p>
          <Button component="a" href="#tune">
            Go to Tune
          </Button>
        </Empty>
      )}
      {models.length > 0 && (
        <Block title="Models" note="Chosen models classify images side by side.">
          <ModelList models={models} />
        </Block>
      )}
      <Block title="Load an adapter" note="A .safetensors file saved here or by the command line.">
        <LoadAdapter />
      </Block>
      {here.length > 0 && (
        <>
          <Block title="Classify images">
            <Classify models={chosen} />
          </Block>
          <Block
            title="Kernel changes"
            note={
              <>
                How much each layer’s <Term of="kernel" /> differs from the pretrained one: the size of the
                change in percent of the size of the kernel, ‖ΔW‖ / ‖W‖.
              </>
            }
          >
            <Movement models={here.map(({ summary }) => summary)} />
          </Block>
        </>
      )}
    </StepPage>
  );
}
