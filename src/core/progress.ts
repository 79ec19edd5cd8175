/** Progress of a long task; `label` is shown to the person. */
export interface Progress {
  label: string;
  done: number;
  /** 0: unknown. */
  total: number;
  /** The proportion of the work that is done, 0–1, where it is known better than by `done / total`. */
  share?: number | undefined;
  /** Estimated seconds until it is done, as soon as they can be estimated; the engine's worker adds them to every report. */
  secondsLeft?: number | undefined;
}

/**
 * `waiting`: another tab is using the same file; `connecting`; `downloading`; `retrying`: the connection was lost and will be
 * retried; `copying`: the person's own file is copied; `checking`: the stored bytes are hashed; `halving`: they are rewritten as
 * fp16.
 */
export type DownloadPhase =
  | 'waiting'
  | 'connecting'
  | 'downloading'
  | 'retrying'
  | 'copying'
  | 'checking'
  | 'halving';

export interface DownloadProgress {
  phase: DownloadPhase;
  /** Bytes of the file that this phase has processed. Bytes from an earlier attempt count as received. */
  received: number;
  /** Size of the whole file, bytes; null if unknown. */
  total: number | null;
  /** Null until it can be measured. */
  bytesPerSecond: number | null;
  /** Null without a rate or a total. */
  secondsLeft: number | null;
}
