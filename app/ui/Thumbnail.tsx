/** One image of a class, a section of the class's sprite image of thumbnails. */
import type { DatasetSummary } from '../../src/core/dataset';
import classes from './Thumbnail.module.css';

interface Props {
  /** URL of the sprite image; null until it is available. */
  url: string | null;
  layout: DatasetSummary['thumbnailLayout'];
  index: number;
  /** Side in CSS pixels. */
  size: number;
  isValidation?: boolean;
}

export function Thumbnail({ url, layout: { columns }, index, size, isValidation = false }: Props) {
  return (
    <span
      className={classes.tile}
      data-val={isValidation || undefined}
      style={{
        width: size,
        height: size,
        backgroundImage: url ? `url("${url}")` : undefined,
        backgroundSize: `${columns * size}px auto`,
        backgroundPosition: `${-(index % columns) * size}px ${-Math.floor(index / columns) * size}px`,
      }}
    />
  );
}
