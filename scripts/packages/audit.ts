/** What `npm audit --json` says of the packages that the page is made of. */
import { z } from 'zod';

const severity = z.enum(['info', 'low', 'moderate', 'high', 'critical']);
const reportSchema = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ name: z.string(), severity, range: z.string() })),
});
/** The registry could not be asked, or offers no audits. */
const unansweredSchema = z.object({ message: z.string() });

const SERIOUS: readonly z.infer<typeof severity>[] = ['high', 'critical'];

export interface Audit {
  passed: boolean;
  /** For the person who runs the tests. */
  lines: string[];
}

export function auditOf(output: unknown): Audit {
  const report = reportSchema.safeParse(output).data;
  if (report) {
    const found = Object.values(report.vulnerabilities).filter((each) => SERIOUS.includes(each.severity));
    const lines = found.map(({ name, range, severity: how }) => `${name} ${range}: ${how} vulnerability.`);
    return { passed: found.length === 0, lines };
  }
  const { data } = unansweredSchema.safeParse(output);
  if (data)
    return { passed: true, lines: [`npm audit skipped: the registry gave no answer (${data.message}).`] };
  return { passed: false, lines: [`npm audit failed: ${JSON.stringify(output)}`] };
}
