/** Step 5: download and load adapters, classify an image, see how kernels changed. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { absence, useSession, write } from '../../store/session';
import { ProblemNote } from '../../ui/ProblemNote';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import { Classify } from './Classify';
import { LoadAdapter } from './LoadAdapter';
import { ModelList } from './ModelList';
import { Movement } from './Movement';

export function UseStep() {
  const models = useSession((session) => session.models);
  const problem = useSession((session) => session.modelsProblem);
  const [unchosen, setUnchosen] = useState<ReadonlySet<string>>(new Set());
  const backbone = useSession((session) => session.backbone);
  const here = models.filter((model) => absence(model, backbone) === null);
  const chosen = here.filter(({ summary }) => !unchosen.has(summary.modelId)).map(({ summary }) => summary);

  const choose = (modelId: string, on: boolean) => {
    const next = new Set(unchosen);
    if (on) next.delete(modelId);
    else next.add(modelId);
    setUnchosen(next);
  };
  return (
    <StepPage
      title="Use"
      lead="Download trained adapters, load them again on any machine, and classify images with them."
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
          <ModelList models={models} unchosen={unchosen} onChoose={choose} />
        </Block>
      )}
      <Block title="Load an adapter" note="A .safetensors file saved here or by the command line.">
        <LoadAdapter />
      </Block>
      {here.length > 0 && (
        <>
          <Block title="Classify an image">
            <Classify models={chosen} />
          </Block>
          <Block title="Kernel changes" note="How much each layer’s kernel differs from the pretrained one.">
            <Movement models={here.map(({ summary }) => summary)} />
          </Block>
        </>
      )}
    </StepPage>
  );
}
