/** What the pointer is on, in words. Recharts hands the values in. */
interface Entry {
  name?: unknown;
  value?: unknown;
  color?: string;
}

interface Props {
  /** What the x axis counts. */
  label: string;
  digits: number;
  /** Values are proportions, shown in per cent. */
  percent?: boolean;
  active?: boolean;
  payload?: Entry[];
}

export function ChartTooltip({ label, digits, percent = false, active, payload }: Props) {
  if (!active || !payload || payload.length === 0) return null;
  const at = (payload[0] as { payload?: Record<string, unknown> }).payload?.[label]; // Recharts types the datum loosely
  return (
    <div className="chart-tooltip">
      <strong>
        {label} {String(at ?? '')}
      </strong>
      {payload.map(({ name, value, color }) => (
        <span key={String(name)}>
          <i style={{ background: color }} />
          {String(name)}: {typeof value === 'number' ? (percent ? 100 * value : value).toFixed(digits) : '–'}
          {percent ? ' %' : ''}
        </span>
      ))}
    </div>
  );
}
