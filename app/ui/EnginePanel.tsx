/** The backend and device in use, and the choice of backend. */
import { Alert, Button, Modal, NativeSelect, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { BackendChoice, EngineInfo } from '../../src/core/engine';
import { changeBackend } from '../store/page-actions';
import { obstacleFor } from '../store/permissions';
import { isActive } from '../store/run-record';
import { type EngineState, usableModels, useSession } from '../store/session';
import classes from './EnginePanel.module.css';
import { bytes, count, counted, rate } from './format';
import { Icon } from './Icon';
import { ProgressLine } from './ProgressLine';

const BACKENDS = { webgpu: 'WebGPU', wasm: 'WebAssembly' } as const;
const CHOICES: { value: BackendChoice; label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'webgpu-half', label: 'WebGPU, fp16' },
  { value: 'wasm', label: 'WebAssembly' },
];

const where = (info: EngineInfo) => (info.hardware ? 'on the GPU' : 'on the CPU');

function headline(engine: EngineState): string {
  if (engine.status === 'starting') return 'Starting…';
  if (engine.status === 'failed') return 'Not running';
  return `${BACKENDS[engine.info.backend]} ${where(engine.info)}`;
}

/** `open`: always expanded; otherwise one line that can be expanded. */
export function EnginePanel({ open = false }: { open?: boolean }) {
  const engine = useSession((session) => session.engine);
  const [unfolded, { toggle }] = useDisclosure(false);
  const shown = open || unfolded || engine.status === 'failed';
  return (
    <section className={classes.panel} aria-label="Engine">
      {open ? (
        <div className={classes.head}>
          <h2>Engine</h2>
          <strong>{headline(engine)}</strong>
        </div>
      ) : (
        <UnstyledButton className={classes.head} onClick={toggle} aria-expanded={shown}>
          <span className={classes.title}>Engine</span>
          <strong>{headline(engine)}</strong>
          <span className={classes.fold}>
            {shown ? 'less' : 'more'} <Icon of={shown ? 'unfolded' : 'folded'} />
          </span>
        </UnstyledButton>
      )}
      {shown && <Details engine={engine} />}
    </section>
  );
}

function Details({ engine }: { engine: EngineState }) {
  const memory = useSession((session) => session.memory);
  const going = useSession((session) => session.runs.find(isActive));
  return (
    <div className={classes.details}>
      {engine.status === 'starting' && (
        <ProgressLine
          progress={engine.progress ?? { label: 'Loading the engine', done: 0, total: 0 }}
          name="Engine start"
        />
      )}
      {engine.status === 'ready' && (
        <>
          <p>{engine.info.reason}</p>
          <dl className="numbers">
            <div>
              <dt>GPU adapter</dt>
              <dd>{engine.info.adapter ?? 'none'}</dd>
            </div>
            {engine.info.backend === 'wasm' ? (
              <div>
                <dt>threads</dt>
                <dd>
                  {count(engine.info.threads)}
                  {!engine.info.isolated &&
                    ' (the server does not permit more: the page is not cross-origin isolated)'}
                </dd>
              </div>
            ) : (
              <div>
                <dt>largest buffer</dt>
                <dd>{bytes(engine.info.limits.buffer)}</dd>
              </div>
            )}
            {engine.info.backend === 'webgpu' && (
              <div>
                <dt>precision</dt>
                <dd>{engine.info.precision === 'half' ? 'fp16 storage, fp32 sums' : 'fp32'}</dd>
              </div>
            )}
            {memory && (
              <div>
                <dt>memory</dt>
                <dd>
                  {bytes(memory.bytes)}, {counted(memory.tensors, 'tensor')}
                </dd>
              </div>
            )}
            {going && going.imagesPerSecond > 0 && (
              <div>
                <dt>speed</dt>
                <dd>{rate(going.imagesPerSecond)} images/s</dd>
              </div>
            )}
          </dl>
        </>
      )}
      {engine.status === 'ready' && engine.info.backend === 'webgpu' && <Notices />}
      <BackendSelect failed={engine.status === 'failed'} />
    </div>
  );
}

/** Optimized GPU kernels that do not work on this adapter. */
function Notices() {
  const notices = useSession((session) => session.notices);
  if (notices.length === 0) return null;
  return (
    <Alert
      color="yellow"
      icon={<Icon of="warning" />}
      p="xs"
      title="Slower GPU kernels in use"
      classNames={{ title: classes.noticeTitle, message: classes.notices }}
    >
      {counted(notices.length, 'optimized GPU kernel does', 'optimized GPU kernels do')} not work on this GPU
      adapter. Slower reference kernels are used instead. The results are the same.
      <details>
        <summary>Details</summary>
        <dl>
          {notices.map(({ program, reason }) => (
            <div key={program}>
              <dt>{program}</dt>
              <dd>{reason}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Alert>
  );
}

function BackendSelect({ failed }: { failed: boolean }) {
  const choice = useSession((session) => session.configuration.backend);
  const runs = useSession((session) => session.runs);
  const models = useSession((session) => usableModels(session).length);
  const [wanted, setWanted] = useState<BackendChoice | null>(null);
  const pending = runs.filter((run) => run.status === 'queued' || isActive(run)).length;
  const reason = useSession(obstacleFor('restart'));

  const want = (backend: BackendChoice) => {
    // After a failure, no runs or models can be lost, so no confirmation is needed.
    if (!failed && (pending > 0 || models > 0)) setWanted(backend);
    else void changeBackend(backend);
  };
  return (
    <>
      <NativeSelect
        size="xs"
        label="Backend"
        description={reason ?? undefined}
        value={choice}
        disabled={reason !== null}
        data={CHOICES}
        onChange={(event) => {
          const picked = CHOICES.find(({ value }) => value === event.currentTarget.value);
          if (picked) want(picked.value);
        }}
      />
      <Modal
        opened={wanted !== null}
        onClose={() => setWanted(null)}
        title="Restart the engine?"
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Alert color="yellow" icon={<Icon of="warning" />} mb="md">
          {pending > 0 && `${counted(pending, 'run')} in progress or waiting will end. `}
          {models > 0 &&
            `${counted(models, 'tuned model')} in memory will be lost. Download the adapters first to keep them. `}
          The images are read again. Results stay in the table and the charts.
        </Alert>
        <div className={classes.actions}>
          <Button variant="default" onClick={() => setWanted(null)}>
            Cancel
          </Button>
          <Button
            onClick={() => {
              if (wanted) void changeBackend(wanted);
              setWanted(null);
            }}
          >
            Restart
          </Button>
        </div>
      </Modal>
    </>
  );
}
