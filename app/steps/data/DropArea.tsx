/** Import of the person's own images: drag and drop, and pickers of folders, archives and, for phones, images. */
import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useRef } from 'react';
import type { NamedFile } from '../../../src/core/dataset';
import { FileInput } from '../../ui/FileInput';
import { Icon } from '../../ui/Icon';
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
  const take = (files: File[]) => onFiles(namedFiles(files));
  return (
    <Dropzone
      className={classes.area}
      data-disabled={disabled || undefined}
      disabled={disabled}
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      onDrop={take}
      inputProps={{ tabIndex: -1, 'aria-label': 'Dropped images' }}
      tabIndex={-1}
      role="group"
      aria-label="Drop images"
    >
      <div className={classes.inner}>
        <Icon of="drop" />
        <p className={classes.call}>
          Drop a folder or an archive anywhere on this page, with one folder of images for each class
        </p>
        <pre className={classes.tree}>{'flowers/\n  rose/   1.jpg 2.jpg …\n  tulip/  1.jpg 2.jpg …'}</pre>
        <div className={classes.buttons}>
          <Button
            px="sm"
            variant="default"
            leftSection={<Icon of="folder" />}
            disabled={disabled}
            onClick={() => folder.current?.click()}
          >
            Choose a folder
          </Button>
          <Button
            px="sm"
            variant="default"
            leftSection={<Icon of="archive" />}
            disabled={disabled}
            onClick={() => archive.current?.click()}
          >
            Choose an archive
          </Button>
          <Button
            px="sm"
            variant="default"
            leftSection={<Icon of="image" />}
            disabled={disabled}
            onClick={() => images.current?.click()}
          >
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
        <FileInput ref={folder} label="Folder of images" isFolder onChoose={take} />
        <FileInput
          ref={archive}
          label="Archive of images"
          accept=".zip,.tar,.tgz,.gz,application/zip,application/x-tar,application/gzip"
          onChoose={take}
        />
        <FileInput ref={images} label="Images" accept="image/*" onChoose={take} />
      </div>
    </Dropzone>
  );
}
