/** Thumbnails of the data set, each of which opens its image in a dialog. The thumbnails of a class share one sprite image. */
import { Button, Modal } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { DatasetSummary } from '../../../src/core/dataset';
import { imageNamed } from '../../store/data-actions';
import { asProblem } from '../../store/problem';
import { count } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { Thumbnail } from '../../ui/Thumbnail';
import { useObjectUrl } from '../../ui/use-object-url';
import { type DataImage, PART_WORDS } from './data-images';
import classes from './ImageViewer.module.css';
import { LabelField } from './LabelField';

interface Viewer {
  dataset: DatasetSummary;
  /** The URL of each class's sprite image, by the name of the class. */
  sprites: ReadonlyMap<string, string>;
  /** Opens the image at `index`; the others can be reached from it. */
  open: (images: readonly DataImage[], index: number) => void;
}

const ViewerContext = createContext<Viewer | null>(null);

function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('This component belongs inside an ImageViewer.');
  return viewer;
}

export function ImageViewer({ dataset, children }: { dataset: DatasetSummary; children: ReactNode }) {
  const sprites = useSprites(dataset);
  const [shown, setShown] = useState<{ images: readonly DataImage[]; index: number } | null>(null);
  const image = shown?.images[shown.index];
  const move = (step: number) =>
    setShown(
      (now) => now && { ...now, index: Math.min(now.images.length - 1, Math.max(0, now.index + step)) },
    );
  return (
    <ViewerContext value={{ dataset, sprites, open: (images, index) => setShown({ images, index }) }}>
      {children}
      <Modal.Root
        opened={image !== undefined}
        onClose={() => setShown(null)}
        size="xl"
        centered
        // The content would vanish before the dialog does.
        transitionProps={{ duration: 0 }}
        onKeyDown={(event) => {
          // In a select, the arrow keys change the value.
          if (event.target instanceof HTMLSelectElement) return;
          if (event.key === 'ArrowLeft') move(-1);
          if (event.key === 'ArrowRight') move(1);
        }}
      >
        <Modal.Overlay />
        <Modal.Content>
          {/* Mantine's header would be a second banner of the page. */}
          <div className={classes.head}>
            <Modal.Title className={classes.title}>{image?.path}</Modal.Title>
            <Modal.CloseButton aria-label="Close the image" />
          </div>
          <Modal.Body className={classes.body}>
            {shown && image && (
              <>
                <LargeImage
                  image={image}
                  position={`${count(shown.index + 1)} of ${count(shown.images.length)}`}
                />
                <div className={classes.controls}>
                  <LabelField image={image} />
                  <div className={classes.moves}>
                    <Move leftSection={<Icon of="back" />} isEnd={shown.index === 0} onClick={() => move(-1)}>
                      Previous
                    </Move>
                    <Move
                      data-autofocus
                      rightSection={<Icon of="next" />}
                      isEnd={shown.index === shown.images.length - 1}
                      onClick={() => move(1)}
                    >
                      Next
                    </Move>
                  </div>
                </div>
              </>
            )}
          </Modal.Body>
        </Modal.Content>
      </Modal.Root>
    </ViewerContext>
  );
}

/** Not disabled at the end: a disabled button loses the focus, and with it the dialog its keys. */
function Move({ isEnd, ...button }: { isEnd: boolean } & React.ComponentProps<typeof Button<'button'>>) {
  return <Button variant="default" aria-disabled={isEnd} data-disabled={isEnd || undefined} {...button} />;
}

function useSprites({ classes }: DatasetSummary): ReadonlyMap<string, string> {
  const [sprites, setSprites] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    const urls = new Map(classes.map(({ name, thumbnails }) => [name, URL.createObjectURL(thumbnails)]));
    setSprites(urls);
    return () => {
      for (const url of urls.values()) URL.revokeObjectURL(url);
    };
  }, [classes]);
  return sprites;
}

interface ImageButtonProps {
  images: readonly DataImage[];
  index: number;
  /** Side in CSS pixels. */
  size: number;
}

/** A thumbnail that opens its image. Further properties are the button's. */
export function ImageButton({
  images,
  index,
  size,
  ...button
}: ImageButtonProps & Omit<React.ComponentProps<'button'>, 'onClick'>) {
  const { dataset, sprites, open } = useViewer();
  const image = images[index];
  if (!image) return null;
  return (
    <button
      type="button"
      {...button}
      className={classes.button}
      title={image.path}
      aria-label={`Open ${image.path}, ${PART_WORDS[image.part]}`}
      onClick={() => open(images, index)}
    >
      <Thumbnail
        url={sprites.get(image.className) ?? null}
        layout={dataset.thumbnailLayout}
        index={image.tile}
        size={size}
        isValidation={image.part !== 'train'}
      />
    </button>
  );
}

/** Side of the thumbnail that is shown until the image has arrived, CSS pixels. */
const WAITING = 256;

function LargeImage({
  image: { path, className, part, tile },
  position,
}: {
  image: DataImage;
  position: string;
}) {
  const { dataset, sprites } = useViewer();
  const [found, setFound] = useState<{ path: string; image: Blob; isFile: boolean } | null>(null);
  const [failure, setFailure] = useState('');
  const [size, setSize] = useState('');
  // The image that was shown before stays until this one is there, but not under this one's name.
  const present = found?.path === path ? found : null;
  const url = useObjectUrl(present?.image ?? null);
  useEffect(() => {
    let isWanted = true;
    setFailure('');
    setSize('');
    imageNamed(path).then(
      (answer) => isWanted && answer && setFound({ path, ...answer }),
      (error: unknown) => isWanted && setFailure(asProblem(error)?.message ?? ''),
    );
    return () => {
      isWanted = false;
    };
  }, [path]);
  const origin = present?.isFile
    ? 'the file as it was loaded'
    : 'as prepared for tuning, because the file is no longer available';
  return (
    <>
      <div className={classes.stage}>
        {url && present ? (
          <img
            key={url}
            src={url}
            alt={`${path}, class ${className}`}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setSize(`${count(naturalWidth)} × ${count(naturalHeight)} pixels, ${origin}`)
            }
          />
        ) : (
          <Thumbnail
            url={sprites.get(className) ?? null}
            layout={dataset.thumbnailLayout}
            index={tile}
            size={WAITING}
          />
        )}
      </div>
      <p className={classes.facts} aria-live="polite">
        <strong>{className}</strong> · {PART_WORDS[part]} · {position}
        <span>{failure || size || 'Loading the image …'}</span>
      </p>
    </>
  );
}
