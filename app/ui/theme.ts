/** The theme: the two hues of the heat maps (teal for positive, ochre for negative) on a cool background. */
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  Input,
  type MantineColorsTuple,
  Modal,
  Radio,
  SegmentedControl,
  Switch,
} from '@mantine/core';

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
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: '"IBM Plex Sans", "Plex fallback", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: {
    xs: 'var(--text-s)',
    sm: 'var(--text-m)',
    md: 'var(--text-m)',
    lg: 'var(--text-l)',
    xl: 'var(--text-xl)',
  },
  fontWeights: { regular: '400', medium: 'var(--medium)', bold: 'var(--strong)' },
  lineHeights: {
    xs: 'var(--loose)',
    sm: 'var(--loose)',
    md: 'var(--loose)',
    lg: 'var(--loose)',
    xl: 'var(--loose)',
  },
  spacing: {
    xs: 'var(--space-2)',
    sm: 'var(--space-3)',
    md: 'var(--space-4)',
    lg: 'var(--space-5)',
    xl: 'var(--space-6)',
  },
  radius: {
    xs: 'var(--radius-s)',
    sm: 'var(--radius-s)',
    md: 'var(--radius)',
    lg: 'var(--radius)',
    xl: 'var(--radius)',
  },
  defaultRadius: 'sm',
  components: {
    Alert: Alert.extend({
      defaultProps: { variant: 'outline' },
      styles: {
        root: { background: 'var(--surface)', borderInlineStartWidth: 4 },
        icon: { marginInlineEnd: 'var(--space-2)' },
        body: { minWidth: 0 },
        title: { color: 'var(--ink)' },
        message: { color: 'var(--ink)', overflowWrap: 'anywhere' },
        closeButton: { color: 'var(--ink-2)' },
      },
    }),
    Badge: Badge.extend({
      defaultProps: { variant: 'outline', tt: 'none', radius: 'sm' },
      vars: () => ({
        root: {
          '--badge-fz': 'var(--text-s)',
          '--badge-height': '20px',
          '--badge-padding-x': 'var(--space-1)',
        },
        dot: {},
      }),
      styles: { root: { fontWeight: 'var(--medium)', letterSpacing: 0 } },
    }),
    Button: Button.extend({
      vars: (_, { size, color, variant = 'filled' }) => ({
        root: {
          ...(size?.startsWith('compact') && { '--button-fz': 'var(--text-s)' }),
          ...(variant === 'filled' && color === undefined && { '--button-color': 'var(--on-accent)' }),
        },
        loader: {},
      }),
    }),
    Checkbox: Checkbox.extend({ defaultProps: { iconColor: 'var(--on-accent)' } }),
    InputWrapper: Input.Wrapper.extend({
      styles: { label: { fontSize: 'var(--text-s)' }, description: { lineHeight: 'var(--loose)' } },
    }),
    // The page has a banner already, so the dialog's header is none.
    Modal: Modal.extend({ defaultProps: { attributes: { header: { role: 'presentation' } } } }),
    Radio: Radio.extend({ defaultProps: { iconColor: 'var(--on-accent)' } }),
    SegmentedControl: SegmentedControl.extend({
      styles: {
        root: { background: 'var(--sunk)' },
        indicator: { background: 'var(--raised)' },
      },
    }),
    Switch: Switch.extend({
      defaultProps: { withThumbIndicator: false },
      styles: { thumb: { background: 'var(--surface)' } },
    }),
  },
});

/** Mantine's colours refer to the page's CSS variables (base.css), so that both have one source in light and in dark. */
const colours = {
  '--mantine-color-body': 'var(--paper)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-2)',
  '--mantine-color-placeholder': 'var(--ink-2)',
  '--mantine-color-error': 'var(--error)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--sunk)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--rule-strong)',
  '--mantine-color-teal-filled': 'var(--accent)',
  '--mantine-color-teal-filled-hover': 'color-mix(in srgb, var(--accent), var(--ink) 16%)',
  '--mantine-color-teal-light': 'var(--accent-soft)',
  '--mantine-color-teal-light-hover': 'var(--accent-soft)',
  '--mantine-color-teal-light-color': 'var(--accent)',
  '--mantine-color-teal-outline': 'var(--accent)',
  '--mantine-color-teal-text': 'var(--accent)',
};

/** Of fields and boxes to tick. */
const BORDER = 'var(--rule-strong)';

export const followTokens: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...colours, '--mantine-color-gray-4': BORDER },
  dark: { ...colours, '--mantine-color-dark-4': BORDER },
});
