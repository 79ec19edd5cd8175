/** The hosts of the hub, as the page's Content-Security-Policy names them: `*` stands for one or more parts of a name. */

/** The host in the addresses of files. */
export const HUB = 'huggingface.co';

/** The hub sends files from other hosts, which change. Its documentation says to permit these names to all that download from it. */
export const HUB_HOSTS = [HUB, `*.${HUB}`, '*.hf.co'] as const;
