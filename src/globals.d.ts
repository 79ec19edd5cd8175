/** Replaced by Vite with values from package.json. */
declare const __APP_NAME__: string;
declare const __APP_VERSION__: string;
declare const __TFJS_VERSION__: string;
/** The address of the source, absolute or relative to the page; null if there is none. */
declare const __APP_SOURCE__: string | null;
