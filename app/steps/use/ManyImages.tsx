/** The predictions for several images: a row for each image, a column for each chosen model. */
import { Button, Checkbox, Table } from '@mantine/core';
import { useState } from 'react';
import type { ModelSummary } from '../../../src/core/model';
import { cancelClassification, classifyRest, isDisputed, topOf } from '../../store/classify-actions';
import { type ImageToClassify, useSession } from '../../store/session';
import { type Column, fileRows } from '../../ui/columns';
import { count, counted } from '../../ui/format';
import { ProgressLine } from '../../ui/ProgressLine';
import { TableFrame } from '../../ui/TableFrame';
import { useObjectUrl } from '../../ui/use-object-url';
import { LeftOutList } from '../data/LeftOutList';
import { imageColumns, REASON } from './image-columns';
import classes from './ManyImages.module.css';

/** Rows shown at first, and added each time. */
const ROWS = 50;

export function ManyImages({ models }: { models: ModelSummary[] }) {
  const { images, progress, cancelled, problem } = useSession((session) => session.toClassify);
  const [limit, setLimit] = useState(ROWS);
  const [onlyDisputed, setOnlyDisputed] = useState(false);
  const readable = images.filter(({ reason }) => reason === null);
  const done = readable.filter((image) => models.every((model) => topOf(model, image)));
  const disputed = readable.filter((image) => isDisputed(models, image));
  const rows = onlyDisputed && models.length > 1 ? disputed : readable;
  const shown = rows.slice(0, limit);
  const columns = imageColumns(models);
  return (
    <div className={classes.many}>
      {progress && (
        <ProgressLine progress={progress} name="Classifying images" onCancel={cancelClassification} />
      )}
      {!progress && (cancelled || problem) && done.length < readable.length && (
        <div className={classes.line}>
          <p>
            {cancelled ? 'Cancelled: ' : ''}
            {count(done.length)} of {counted(readable.length, 'image')} are classified.
          </p>
          <Button size="compact-sm" variant="default" onClick={() => void classifyRest()}>
            Continue
          </Button>
        </div>
      )}
      <LeftOutList
        leftOut={images.flatMap(({ path, reason }) => (reason === null ? [] : [{ path, reason }]))}
        others="classified"
      />
      {models.length > 1 && (
        <div className={classes.line}>
          <p>
            {disputed.length === 0 &&
              `The models agree on all images${done.length < readable.length ? ' classified so far' : ''}.`}
            {disputed.length > 0 && (
              <>
                The models differ on <strong>{count(disputed.length)}</strong> of{' '}
                {counted(readable.length, 'image')}
                {done.length < readable.length && `, ${count(done.length)} of them classified so far`}.
              </>
            )}
          </p>
          {(disputed.length > 0 || onlyDisputed) && (
            <Checkbox
              size="sm"
              label="Show only these"
              checked={onlyDisputed}
              onChange={(event) => setOnlyDisputed(event.currentTarget.checked)}
            />
          )}
        </div>
      )}
      <TableFrame
        name="Predictions"
        head={
          <Table.Tr>
            {columns.map(({ title }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two models may have the same title
              <Table.Th key={index} scope="col">
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        }
        sentence={
          <>
            {shown.length < rows.length &&
              `${count(shown.length)} of ${counted(rows.length, 'image')} are shown. `}
            The most probable class of each model, and its probability. The CSV has the probabilities of all
            classes.
          </>
        }
        isComputing={progress !== null}
        controls={
          shown.length < rows.length && (
            <Button size="compact-sm" variant="subtle" onClick={() => setLimit(limit + ROWS)}>
              Show {count(Math.min(ROWS, rows.length - shown.length))} more
            </Button>
          )
        }
        files={[
          {
            label: 'Predictions',
            name: 'atomtune-predictions.csv',
            rows: () => fileRows([...columns, REASON], images),
          },
        ]}
      >
        <Table.Tbody>
          {shown.map((image, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the images are in a fixed order, and a path may come twice
            <ImageRow key={index} image={image} columns={columns} />
          ))}
        </Table.Tbody>
      </TableFrame>
    </div>
  );
}

function ImageRow({ image, columns }: { image: ImageToClassify; columns: Column<ImageToClassify>[] }) {
  const [name, ...others] = columns;
  const url = useObjectUrl(image.file);
  return (
    <Table.Tr className={classes.row}>
      <Table.Th scope="row">
        <div className={classes.image}>
          <span className={classes.thumbnail}>
            {url && <img src={url} alt="" loading="lazy" decoding="async" width={40} height={40} />}
          </span>
          <span className={classes.path}>{name?.show(image)}</span>
        </div>
      </Table.Th>
      {others.map((column, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two models may have the same title
        <Table.Td key={index}>{column.show(image)}</Table.Td>
      ))}
    </Table.Tr>
  );
}
