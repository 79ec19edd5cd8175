/**
 * Gives a chart its size: the one it was told (an export, the command line), or that of the space it stands in.
 * Recharts' own container would do the second, but the legend's room must be known before the chart is laid out.
 */
import { type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from 'react';

interface Props {
  width: number | undefined;
  height: number | undefined;
  /** Height of the legend where the chart is so wide. */
  legend: (width: number) => number;
  children: (width: number, height: number, legend: number) => ReactNode;
}

const HEIGHT = 290;
/** What a legend may take of the height; a taller one makes the chart taller, so that it leaves the plot its room. */
const LEGEND = 36;

export function SizedChart({ width, height = HEIGHT, legend, children }: Props) {
  const [place, wide] = useWidth(width);
  const above = wide > 0 ? legend(wide) : 0;
  const tall = height + Math.max(0, above - LEGEND);
  return (
    <div ref={place} style={{ width: width ?? '100%', minWidth: 0, height: tall }}>
      {wide > 0 && children(wide, tall, above)}
    </div>
  );
}

/** The width given, or else that of the element the reference is put on; 0 until it is known. */
export function useWidth(width?: number): [RefObject<HTMLDivElement | null>, number] {
  const place = useRef<HTMLDivElement>(null);
  const [measured, setMeasured] = useState(0);
  // Before the first paint, so that no frame is without its chart.
  useLayoutEffect(() => {
    const element = place.current;
    if (!element || width !== undefined) return;
    setMeasured(Math.floor(element.getBoundingClientRect().width));
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setMeasured(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [width]);
  return [place, width ?? measured];
}
