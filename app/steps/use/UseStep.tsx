/** Step 5: take the atoms away, bring some in, classify an image, see what moved. */
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
      lead="Download what was trained, load it again on any machine, and try it on an image."
    >
      <ProblemNote
        problem={problem}
        title="That did not work"
        onDismiss={() => write({ modelsProblem: null })}
      />
      {models.length === 0 && (
        <Empty title="No models yet">
          <p>
            A finished run appears here by itself. An adapter file from an earlier session can be loaded
            below.
          </p>
          <Button component="a" href="#tune">
            Go to Tune
          </Button>
        </Empty>
      )}
      {models.length > 0 && (
        <Block title="Models" note="Chosen ones classify side by side.">
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
          <Block title="What moved" note="How far each layer’s kernel is from the pretrained one.">
            <Movement models={here.map(({ summary }) => summary)} />
          </Block>
        </>
      )}
    </StepPage>
  );
}
