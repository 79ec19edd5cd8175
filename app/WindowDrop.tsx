/** Files dropped anywhere on the page, and the hint while they are dragged over it. */
import { fromEvent } from 'file-selector';
import { useEffect, useState } from 'react';
import { namedFiles } from './steps/data/named-files';
import { takeDropped } from './store/page-actions';
import classes from './WindowDrop.module.css';

export function WindowDrop() {
  const dragged = useWindowDrop(takeFiles);
  if (!dragged) return null;
  return (
    <div className={classes.cover}>
      <div className={classes.hint}>
        <strong>Drop it anywhere</strong>
        <p>Images, a folder or an archive become the data.</p>
        <p>Weights of a network become the backbone.</p>
        <p>An adapter is loaded on Use.</p>
      </div>
    </div>
  );
}

const takeFiles = (files: File[]) => void takeDropped(namedFiles(files));

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

/**
 * Takes files that are dropped where no drop area takes them. True while files are dragged there.
 * Listens on the body: React has then handled the event, so a drop area has prevented the default; and the drop areas' own
 * listeners on the document, which prevent it everywhere, come later.
 */
function useWindowDrop(take: (files: File[]) => void): boolean {
  const [dragged, setDragged] = useState(false);
  useEffect(() => {
    const onDrag = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      setDragged(!event.defaultPrevented);
      // Otherwise the browser would leave the page to show the file.
      event.preventDefault();
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragged(false);
    };
    const onDrop = async (event: DragEvent) => {
      setDragged(false);
      if (!carriesFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      const found = await fromEvent(event);
      take(found.filter((each) => each instanceof File));
    };
    const { body } = document;
    body.addEventListener('dragenter', onDrag);
    body.addEventListener('dragover', onDrag);
    body.addEventListener('dragleave', onLeave);
    body.addEventListener('drop', onDrop);
    return () => {
      body.removeEventListener('dragenter', onDrag);
      body.removeEventListener('dragover', onDrag);
      body.removeEventListener('dragleave', onLeave);
      body.removeEventListener('drop', onDrop);
    };
  }, [take]);
  return dragged;
}
