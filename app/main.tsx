import '@mantine/core/styles.css';
import '@mantine/dropzone/styles.css';
import './ui/fonts.css';
import './ui/base.css';
import { MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { watchVersions } from './offline/registration';
import { giveUp, removeDeleted } from './project/actions';
import { watchTakeOver } from './project/lock';
import { removeExports } from './project/zip';
import { watchMemory } from './store/engine-actions';
import { openPage } from './store/page-actions';
import { ErrorBoundary } from './ui/ErrorBoundary';
import { followTokens, theme } from './ui/theme';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root.');
const reactRoot = createRoot(root);

function show(page: ReactNode): void {
  reactRoot.render(
    <MantineProvider theme={theme} cssVariablesResolver={followTokens} defaultColorScheme="auto">
      <ErrorBoundary>{page}</ErrorBoundary>
    </MantineProvider>,
  );
}

if (new URLSearchParams(location.search).has('states')) {
  // For developers. Loaded only here, because it comes with recorded images.
  const { showStates } = await import('./states/show-states');
  showStates(show);
} else {
  show(<App />);
  watchMemory();
  watchTakeOver(giveUp);
  void openPage();
  void watchVersions();
  // Those of a tab that was closed before it removed them.
  void removeDeleted(60 * 60 * 1000).catch(() => {});
  void removeExports().catch(() => {});
}
