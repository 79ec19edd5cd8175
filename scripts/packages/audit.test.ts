import { expect, test } from 'vitest';
import { auditOf } from './audit';

const report = (...severities: string[]) => ({
  auditReportVersion: 2,
  vulnerabilities: Object.fromEntries(
    severities.map((severity) => [`a-${severity}`, { name: `a-${severity}`, severity, range: '<2.0.0' }]),
  ),
});

test('high and critical vulnerabilities fail and are named; others do not', () => {
  expect(auditOf(report())).toEqual({ passed: true, lines: [] });
  expect(auditOf(report('low', 'moderate'))).toEqual({ passed: true, lines: [] });
  expect(auditOf(report('low', 'high', 'critical'))).toEqual({
    passed: false,
    lines: ['a-high <2.0.0: high vulnerability.', 'a-critical <2.0.0: critical vulnerability.'],
  });
});

test('without a registry that answers, the audit is skipped and says so', () => {
  const message = 'request to https://registry.example/ failed, reason: connect ECONNREFUSED';
  expect(auditOf({ message, error: { summary: '', detail: '' } })).toEqual({
    passed: true,
    lines: [`npm audit skipped: the registry gave no answer (${message}).`],
  });
});

test('any other failure of npm fails', () => {
  expect(auditOf({ error: { code: 'ENOLOCK', summary: 'No lockfile.' } }).passed).toBe(false);
  expect(auditOf(null).passed).toBe(false);
});
