/** The theme: the two hues of the heat maps (teal for positive, ochre for negative) on a cool background. */
import { Alert, type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const teal: MantineColorsTuple = [
  '#e8f6f3',
  '#d2ebe6',
  '#a6d8ce',
  '#77c4b6',
  '#4fb3a2',
  '#2ba18f',
  '#14897a',
  '#0b7467',
  '#085e54',
  '#054840',
];

/** Mantine's dark greys, tinted like the background. */
const dark: MantineColorsTuple = [
  '#e6eeee',
  '#c3d0d2',
  '#a3b4b8',
  '#6d7f85',
  '#43545a',
  '#2a393f',
  '#1c292e',
  '#162125',
  '#0f171a',
  '#0a1012',
];

export const theme = createTheme({
  colors: { teal, dark },
  primaryColor: 'teal',
  primaryShade: 7,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: '"IBM Plex Sans", "Plex fallback", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
  components: {
    Alert: Alert.extend({
      defaultProps: { variant: 'outline' },
      styles: {
        root: { background: 'var(--surface)', borderInlineStartWidth: 4 },
        body: { minWidth: 0 },
        title: { color: 'var(--ink)' },
        message: { color: 'var(--ink)', overflowWrap: 'anywhere' },
        closeButton: { color: 'var(--ink-2)' },
      },
    }),
  },
});

/** Mantine's colours refer to the page's CSS variables (base.css), so that both have one source. */
export const followTokens: CSSVariablesResolver = () => ({
  variables: {
    '--mantine-color-body': 'var(--paper)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-2)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-border': 'var(--rule-strong)',
    '--mantine-color-placeholder': 'var(--ink-2)',
  },
  light: {
    '--mantine-color-body': 'var(--paper)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-2)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-border': 'var(--rule-strong)',
    '--mantine-color-error': '#a32a1c',
  },
  dark: {
    '--mantine-color-body': 'var(--paper)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-2)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-border': 'var(--rule-strong)',
    '--mantine-color-error': '#ff9c8a',
  },
});
