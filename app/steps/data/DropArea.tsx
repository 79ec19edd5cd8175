/** Import of the person's own images: drag and drop, and pickers of folders, archives and, for phones, images. */
import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useRef } from 'react';
import type { NamedFile } from '../../../src/worker/protocol';
import { OneOf } from '../../ui/OneOf';
import { Term } from '../../ui/Term';
import classes from './DropArea.module.css';
import { namedFiles } from './named-files';

interface Props {
  disabled: boolean;
  /** Why it is disabled, if that is not obvious. */
  reason: string | null;
  onFiles: (files: NamedFile[]) => void;
}

export function DropArea({ disabled, reason, onFiles }: Props) {
  const folder = useRef<HTMLInputElement>(null);
  const archive = useRef<HTMLInputElement>(null);
  const images = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    const files = Array.from(input.files ?? []);
    input.value = '';
    onFiles(namedFiles(files));
  };
  return (
    <Dropzone
      className={classes.area}
      data-disabled={disabled || undefined}
      disabled={disabled}
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      onDrop={(files) => onFiles(namedFiles(files))}
      inputProps={{ tabIndex: -1, 'aria-label': 'Dropped images' }}
      tabIndex={-1}
      role="group"
      aria-label="Drop images"
    >
      <div className={classes.inner}>
        <p className={classes.call}>
          Drop a folder or an archive anywhere on this page, with one folder of images for each class
        </p>
        <pre className={classes.tree}>{'flowers/\n  rose/   1.jpg 2.jpg …\n  tulip/  1.jpg 2.jpg …'}</pre>
        <div className={classes.buttons}>
          <Button px="sm" variant="default" disabled={disabled} onClick={() => folder.current?.click()}>
            Choose a folder
          </Button>
          <Button px="sm" variant="default" disabled={disabled} onClick={() => archive.current?.click()}>
            Choose an archive
          </Button>
          <Button px="sm" variant="default" disabled={disabled} onClick={() => images.current?.click()}>
            Choose images
          </Button>
        </div>
        <p className={classes.note}>
          <OneOf first={reason}>
            Images: JPEG, PNG, WebP, GIF, BMP and AVIF. Archives: zip, tar and tar.gz. Folders named train/,
            val/ and test/ are used as the <Term of="split" />; train.zip and test.zip may be dropped
            together.
          </OneOf>
        </p>
        <input
          ref={folder}
          type="file"
          hidden
          multiple
          aria-label="Folder of images"
          onChange={(event) => take(event.currentTarget)}
          {...{ webkitdirectory: '' }}
        />
        <input
          ref={archive}
          type="file"
          hidden
          multiple
          accept=".zip,.tar,.tgz,.gz,application/zip,application/x-tar,application/gzip"
          aria-label="Archive of images"
          onChange={(event) => take(event.currentTarget)}
        />
        <input
          ref={images}
          type="file"
          hidden
          multiple
          accept="image/*"
          aria-label="Images"
          onChange={(event) => take(event.currentTarget)}
        />
      </div>
    </Dropzone>
  );
}
