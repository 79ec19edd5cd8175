/** The values at the pointer's position. Recharts passes them in. */
interface Entry {
  name?: unknown;
  value?: unknown;
  color?: string;
  /** Lines of type `none` are not shown in the tooltip. */
  type?: unknown;
  payload?: Record<string, unknown>;
}

interface Props {
  /** Unit of the x axis. */
  axis: string;
  digits: number;
  /** Values are proportions and are shown in percent. */
  percent?: boolean;
  active?: boolean;
  payload?: Entry[];
}

export function ChartTooltip({ axis, digits, percent = false, active, payload }: Props) {
  const entries = payload?.filter(({ type }) => type !== 'none') ?? [];
  if (!active || entries.length === 0) return null;
  return (
    <div className="chart-tooltip">
      <strong>
        {axis} {String(entries[0]?.payload?.[axis] ?? '')}
      </strong>
      {entries.map(({ name, value, color }) => (
        <span key={String(name)}>
          <i style={{ background: color }} />
          {String(name)}: {typeof value === 'number' ? (percent ? 100 * value : value).toFixed(digits) : '–'}
          {percent ? ' %' : ''}
        </span>
      ))}
    </div>
  );
}
