import '@mantine/core/styles.css';
import '@mantine/dropzone/styles.css';
import './ui/fonts.css';
import './ui/base.css';
import { MantineProvider } from '@mantine/core';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { watchMemory } from './store/engine-actions';
import { openPage } from './store/page-actions';
import { ErrorBoundary } from './ui/ErrorBoundary';
import { followTokens, theme } from './ui/theme';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root.');
createRoot(root).render(
  <MantineProvider theme={theme} cssVariablesResolver={followTokens} defaultColorScheme="auto">
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </MantineProvider>,
);
watchMemory();
void openPage();
