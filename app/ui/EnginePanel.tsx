/** What computes here, said plainly, and the choice of it. */
import { Alert, Button, Modal, NativeSelect, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { BackendChoice, EngineInfo } from '../../src/worker/protocol';
import { changeBackend } from '../store/page-actions';
import { obstacleFor } from '../store/permissions';
import { isActive } from '../store/run-record';
import { type EngineState, usableModels, useSession } from '../store/session';
import classes from './EnginePanel.module.css';
import { bytes, count, counted, rate } from './format';
import { ProgressLine } from './ProgressLine';

const BACKENDS = { webgpu: 'WebGPU', wasm: 'WebAssembly' } as const;
const CHOICES: { value: BackendChoice; label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'webgpu-half', label: 'WebGPU, half precision' },
  { value: 'wasm', label: 'WebAssembly' },
];

const where = (info: EngineInfo) => (info.hardware ? 'on the GPU' : 'on the CPU');

function headline(engine: EngineState): string {
  if (engine.status === 'starting') return 'Starting…';
  if (engine.status === 'failed') return 'Not running';
  return `${BACKENDS[engine.info.backend]} ${where(engine.info)}`;
}

/** `open`: always shown in full; otherwise one line that unfolds. */
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
          <span className={classes.fold}>{shown ? 'less' : 'more'}</span>
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
              <dt>adapter</dt>
              <dd>{engine.info.adapter ?? 'none offered'}</dd>
            </div>
            {engine.info.backend === 'wasm' ? (
              <div>
                <dt>threads</dt>
                <dd>
                  {count(engine.info.threads)}
                  {!engine.info.isolated && ', as this page is not cross-origin isolated'}
                </dd>
              </div>
            ) : (
              <div>
                <dt>limits</dt>
                <dd>buffers to {bytes(engine.info.limits.buffer)}</dd>
              </div>
            )}
            {engine.info.backend === 'webgpu' && (
              <div>
                <dt>numbers</dt>
                <dd>{engine.info.precision === 'half' ? 'kept in 16 bits, summed in 32' : '32 bits'}</dd>
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

/** Programs of ours that do not work on this adapter. */
function Notices() {
  const notices = useSession((session) => session.notices);
  if (notices.length === 0) return null;
  return (
    <Alert
      color="yellow"
      p="xs"
      title="Slower than it could be"
      classNames={{ title: classes.noticeTitle, message: classes.notices }}
    >
      {counted(notices.length, 'program of ours does', 'programs of ours do')} not work on this adapter, so a
      general form is used instead. The results are the same.
      <details>
        <summary>Which, and why</summary>
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
    // A broken engine has nothing left to lose.
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
        <Alert color="yellow" mb="md">
          {pending > 0 && `${counted(pending, 'run')} under way or waiting will end. `}
          {models > 0 &&
            `${counted(models, 'tuned model')} in the engine will be lost; download the atoms first if you need them. `}
          The data is read again, and the results stay in the table and the charts.
        </Alert>
        <div className={classes.actions}>
          <Button variant="default" onClick={() => setWanted(null)}>
            Keep it running
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
