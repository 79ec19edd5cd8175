/**
 * Sets the size of a chart: the given width (for exports and the command line) or the width of its container. Recharts' own
 * container is not used because the legend's height must be known before layout.
 */
import { type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from 'react';

interface Props {
  width: number | undefined;
  height: number | undefined;
  /** Height of the legend at this width. */
  legend: (width: number) => number;
  children: (width: number, height: number, legend: number) => ReactNode;
}

const HEIGHT = 240;
/**
 * Legend height included in the chart's default height. A taller legend increases the chart's height, so that the plot keeps
 * its size.
 */
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

/** The given width, or the width of the element with the returned ref; 0 until it is measured. */
export function useWidth(width?: number): [RefObject<HTMLDivElement | null>, number] {
  const place = useRef<HTMLDivElement>(null);
  const [measured, setMeasured] = useState(0);
  // Measures before the first paint, so that the chart is visible in the first frame.
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
