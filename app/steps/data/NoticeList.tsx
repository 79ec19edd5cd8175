import { FoldedList } from './FoldedList';

/** Notices about how the images were read. File names come from the person, so they are rendered as plain text. */
export function NoticeList({ notices }: { notices: readonly string[] }) {
  return (
    <FoldedList label="Notices" lead={<strong>How the images were read.</strong>} items={[...notices]} />
  );
}
