/** A hidden file input, opened by a button through its ref. The same files can be chosen twice in a row. */
import type { Ref } from 'react';

interface Props {
  ref: Ref<HTMLInputElement>;
  /** Accessible name. */
  label: string;
  /** Forms of files; all if absent. */
  accept?: string | undefined;
  /** A whole folder is chosen instead of files. */
  isFolder?: boolean;
  isSingle?: boolean;
  onChoose: (files: File[]) => void;
}

export function FileInput({ ref, label, accept, isFolder = false, isSingle = false, onChoose }: Props) {
  return (
    <input
      ref={ref}
      type="file"
      hidden
      multiple={!isSingle}
      accept={accept}
      aria-label={label}
      onChange={({ currentTarget }) => {
        const files = Array.from(currentTarget.files ?? []);
        currentTarget.value = '';
        onChoose(files);
      }}
      {...(isFolder ? { webkitdirectory: '' } : {})}
    />
  );
}
