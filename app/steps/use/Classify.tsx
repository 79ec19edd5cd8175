/** Classifies one image or many with every chosen model, side by side. */
import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useEffect, useRef } from 'react';
import type { ModelSummary } from '../../../src/core/model';
import { classifyRest, takeImages } from '../../store/classify-actions';
import { type ImageToClassify, useSession } from '../../store/session';
import { FileInput } from '../../ui/FileInput';
import { counted } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { useObjectUrl } from '../../ui/use-object-url';
import { namedFiles } from '../data/named-files';
import { ManyImages } from './ManyImages';
import { OneImage } from './OneImage';
import classes from './UseStep.module.css';

export function Classify({ models }: { models: ModelSummary[] }) {
  const { images, cancelled, problem } = useSession((session) => session.toClassify);
  const [first] = images;
  const only = images.length === 1 ? (first ?? null) : null;
  const ids = models.map(({ modelId }) => modelId).join();
  // Also when another model is chosen, or a run has ended and its model is new.
  useEffect(() => {
    if (ids && images.length > 0 && !cancelled) void classifyRest();
  }, [ids, images, cancelled]);
  return (
    <div className={images.length > 1 ? classes.classifyMany : classes.classify}>
      <TakeImages only={only} total={images.filter(({ reason }) => reason === null).length} />
      <div className={classes.results}>
        <ProblemNote
          problem={problem}
          title={only ? 'The image could not be classified' : 'The images could not be classified'}
        />
        {models.length === 0 && <p className={classes.hint}>Choose at least one model above.</p>}
        {models.length > 0 && !first && (
          <p className={classes.hint}>
            The class probabilities of each chosen model appear here; for several images, a table of
            predictions.
          </p>
        )}
        {models.length > 0 && only && <OneImage models={models} image={only} />}
        {models.length > 0 && images.length > 1 && <ManyImages models={models} />}
      </div>
    </div>
  );
}

/**
 * @param only the image, if there is exactly one
 * @param total number of images that can be decoded, as far as known
 */
function TakeImages({ only, total }: { only: ImageToClassify | null; total: number }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const url = useObjectUrl(only?.file ?? null);
  const isMany = only === null && total > 0;
  const take = (chosen: File[]) => takeImages(namedFiles(chosen));
  return (
    <Dropzone
      className={classes.drop}
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      onDrop={(dropped) => takeImages(namedFiles(dropped))}
      inputProps={{ tabIndex: -1, 'aria-label': 'Dropped images' }}
      tabIndex={-1}
      role="group"
      aria-label="Drop images"
    >
      <div className={isMany ? undefined : classes.image}>
        {only && url && <img src={url} alt={`To classify: ${only.path}`} />}
        <div className={classes.dropInner}>
          {isMany && <p className={classes.total}>{counted(total, 'image')}</p>}
          <Button variant="default" leftSection={<Icon of="image" />} onClick={() => files.current?.click()}>
            {only || isMany ? 'Choose other images' : 'Choose images'}
          </Button>
          <Button
            variant="default"
            leftSection={<Icon of="folder" />}
            onClick={() => folder.current?.click()}
          >
            Choose a folder
          </Button>
          <p>or drop them here</p>
        </div>
        <FileInput ref={files} label="Images to classify" accept="image/*" onChoose={take} />
        <FileInput ref={folder} label="Folder to classify" isFolder onChoose={take} />
      </div>
    </Dropzone>
  );
}
