/**
 * Gives a chart its size: the one it was told (an export, the command line), or that of the space it stands in.
 * Recharts' own container would do the second, but the legend's room must be known before the chart is laid out.
 */
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';

interface Props {
  width: number | undefined;
  height: number | undefined;
  children: (width: number, height: number) => ReactNode;
}

const HEIGHT = 290;

export function SizedChart({ width, height = HEIGHT, children }: Props) {
  const [place, wide] = useWidth(width);
  return (
    <div ref={place} style={{ width: width ?? '100%', minWidth: 0, height }}>
      {wide > 0 && children(wide, height)}
    </div>
  );
}

/** The width given, or else that of the element the reference is put on; 0 until it is known. */
export function useWidth(width?: number): [RefObject<HTMLDivElement | null>, number] {
  const place = useRef<HTMLDivElement>(null);
  const [measured, setMeasured] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (!element || width !== undefined) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setMeasured(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [width]);
  return [place, width ?? measured];
}
