/** Where the page's links lead. The documents are served with the page (scripts/documents.ts). */
const help = (document: string) => `${import.meta.env.BASE_URL}help/${document}`;

export const LINKS = {
  paper: 'https://arxiv.org/abs/2403.00269',
  help: help('README.html'),
  method: help('docs/method.html'),
  coreAtoms: help('docs/core-atoms.html'),
  starter: help('public/backbones/README.html'),
  licence: help('LICENSE.txt'),
  /** Null if there is none (scripts/source-archive.ts). */
  source: __APP_SOURCE__,
} as const;
