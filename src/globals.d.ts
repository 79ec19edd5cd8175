/** Replaced by Vite with values from package.json. */
declare const __APP_NAME__: string;
declare const __APP_VERSION__: string;
declare const __TFJS_VERSION__: string;
/** The address of the source; null if package.json has no `repository`. */
declare const __APP_REPOSITORY__: string | null;
