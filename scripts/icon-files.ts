/** The icons of the installed page, below public/. `npm run icons` draws them from public/favicon.svg. */
export interface IconFile {
  file: string;
  /** Pixels. */
  side: number;
  /** Systems crop a maskable icon to their own shape. */
  purpose: 'any' | 'maskable';
}

export const ICONS: readonly IconFile[] = [
  { file: 'icons/192.png', side: 192, purpose: 'any' },
  { file: 'icons/512.png', side: 512, purpose: 'any' },
  { file: 'icons/maskable-512.png', side: 512, purpose: 'maskable' },
];
