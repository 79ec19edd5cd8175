/** Saves the runs as a report: an HTML file, Markdown, or the results as JSON. */
import { Button, Menu } from '@mantine/core';
import { useState } from 'react';
import { figures } from '../../report/figures';
import { sessionResults } from '../../report/gather';
import { html } from '../../report/html';
import { markdown } from '../../report/markdown';
import { reportOf } from '../../report/report';
import { type Results, resultsText } from '../../report/results';
import { asProblem, type Problem } from '../../store/problem';
import type { RunRecord } from '../../store/run-record';
import { comparisonBasis, read, useSession } from '../../store/session';
import { computeStatistics } from '../../store/use-comparison';
import { Icon } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { saveFile } from '../../ui/save-file';
import classes from './Report.module.css';

interface Format {
  label: string;
  fileName: string;
  type: string;
  write: (results: Results, runs: readonly RunRecord[]) => Promise<string>;
}

const FORMATS: readonly Format[] = [
  {
    label: 'HTML, one page with charts',
    fileName: 'atomtune-report.html',
    type: 'text/html',
    write: async (results, runs) => html(reportOf(results, await figures(runs))),
  },
  {
    label: 'Markdown',
    fileName: 'atomtune-report.md',
    type: 'text/markdown',
    write: async (results, runs) => markdown(reportOf(results, await figures(runs))),
  },
  {
    label: 'JSON, for a rerun',
    fileName: 'results.json',
    type: 'application/json',
    write: async (results) => resultsText(results),
  },
];

/** `runs`: the compared runs, on the same images. */
export function ReportButton({ runs }: { runs: RunRecord[] }) {
  const dataset = useSession((session) => session.dataset);
  const backbone = useSession((session) => session.backbone);
  const ready = useSession((session) => session.engine.status === 'ready');
  const [making, setMaking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const present = dataset && backbone ? comparisonBasis(dataset, backbone) : null;
  const finished = runs.some(({ status }) => status === 'finished');
  const obstacle =
    runs[0]?.basis !== present
      ? 'Load these images and this backbone again to save a report.'
      : finished
        ? ''
        : 'A report is available when a run has finished.';

  const save = async ({ fileName, type, write: textOf }: Format) => {
    setMaking(true);
    setProblem(null);
    try {
      await computeStatistics(runs);
      const results = sessionResults(read(), runs);
      if (!results) return;
      const blob = new Blob([await textOf(results, runs)], { type: `${type};charset=utf-8` });
      saveFile(blob, fileName);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setMaking(false);
    }
  };

  return (
    <section aria-label="Report">
      <div className={classes.line}>
        <p>
          <strong>Report.</strong>{' '}
          {obstacle ||
            'A file on the data, backbone and settings, with searches, curves, accuracies, intervals, tests, and the values for a rerun. Images and weights are not in it.'}
        </p>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon of="download" />}
              disabled={obstacle !== '' || !ready}
              loading={making}
            >
              Save a report
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {FORMATS.map((format) => (
              <Menu.Item key={format.fileName} onClick={() => void save(format)}>
                {format.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      <ProblemNote
        problem={problem}
        title="The report could not be created"
        onDismiss={() => setProblem(null)}
      />
    </section>
  );
}
