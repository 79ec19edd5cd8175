/** Progress of loading a backbone: bytes loaded, speed and remaining time. */
import type { DownloadProgress, Progress } from '../../../src/core/progress';
import { stopLoading } from '../../store/backbone-actions';
import { bytes, duration } from '../../ui/format';
import { ProgressLine } from '../../ui/ProgressLine';

const PHASES: Record<DownloadProgress['phase'], string> = {
  waiting: 'Waiting for another tab that downloads the same file',
  connecting: 'Connecting',
  downloading: 'Downloading',
  retrying: 'Connection lost, retrying',
  copying: 'Copying',
  checking: 'Checking',
  halving: 'Converting to fp16',
};

export function LoadingLine({ progress }: { progress: Progress | DownloadProgress }) {
  if (!('phase' in progress)) {
    return <ProgressLine progress={progress} name="Loading the backbone" onCancel={stopLoading} />;
  }
  const { phase, received, total, bytesPerSecond, secondsLeft } = progress;
  const detail = [
    total === null ? bytes(received) : `${bytes(received)} of ${bytes(total)}`,
    ...(bytesPerSecond === null ? [] : [`${bytes(bytesPerSecond)}/s`]),
    ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
  ].join(' · ');
  return (
    <ProgressLine
      progress={{ label: PHASES[phase], done: received, total: total ?? 0 }}
      name="Loading the backbone"
      detail={detail}
      onCancel={stopLoading}
    />
  );
}
