import { FoldedList } from './FoldedList';

/** What the person should know of how the images were read. Names are the person's: shown as plain text. */
export function NoticeList({ notices }: { notices: readonly string[] }) {
  return (
    <FoldedList label="Notices" lead={<strong>How the images were read.</strong>} items={[...notices]} />
  );
}
