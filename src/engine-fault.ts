/**
 * Failures that are not bugs: a lost device, exhausted memory, a rejected command. The message says what happened and what to do;
 * `details` is the device's own message, for a report.
 */
import type { FaultKind } from './core/engine';

export class EngineFault extends Error {
  override readonly name = 'EngineFault';

  constructor(
    readonly kind: FaultKind,
    message: string,
    readonly details: string,
    /** Whether the engine must be restarted before anything else can be computed. */
    readonly engineLost: boolean,
  ) {
    super(message);
  }
}

export function deviceLost({ reason, message }: Pick<GPUDeviceLostInfo, 'reason' | 'message'>): EngineFault {
  return new EngineFault(
    'device-lost',
    'The GPU device was lost. Possible causes: the driver restarted, the computer went to sleep, or the GPU was disconnected. ' +
      'Restart the engine and run again. If it happens again, use a smaller batch, or choose WebAssembly.',
    `device.lost (${reason}): ${message}`,
    true,
  );
}

/** The page has found that the engine's worker is gone. */
export function engineEnded(): EngineFault {
  return new EngineFault(
    'engine-ended',
    'The engine has ended without a message; perhaps the browser needed its memory. Restart the engine and run again. ' +
      'If it happens again, close other tabs, or use a smaller batch.',
    'The lock of the worker was released.',
    true,
  );
}

/** The fault for an `uncapturederror` event. Results computed after it are undefined, so the engine must be restarted. */
export function gpuError(error: GPUError): EngineFault {
  const details = `${error.constructor.name}: ${error.message}`;
  if (error instanceof GPUOutOfMemoryError) {
    return new EngineFault(
      'out-of-memory',
      'The GPU ran out of memory. Restart the engine and run again with a lower memory cap or a smaller batch, ' +
        'or choose WebAssembly, which uses the main memory.',
      details,
      true,
    );
  }
  return new EngineFault(
    'gpu-error',
    'The GPU rejected a command. What it computed since then is undefined and was discarded. Restart the engine and run again. ' +
      'If it happens again, choose WebAssembly and report the details.',
    details,
    true,
  );
}

/** An allocation of `wanted` bytes failed; existing tensors are intact. */
export function heapExhausted(wanted: number): EngineFault {
  return new EngineFault(
    'out-of-memory',
    `WebAssembly ran out of memory: ${Math.ceil(wanted / 1e6).toLocaleString('en')} MB could not be allocated. ` +
      'Run again with a lower memory cap or a smaller batch.',
    `malloc(${wanted}) failed`,
    false,
  );
}

/** The wasm module aborted inside one of its own routines. */
function heapBroken({ message }: WebAssembly.RuntimeError): EngineFault {
  return new EngineFault(
    'out-of-memory',
    'WebAssembly ran out of memory and stopped. Restart the engine and run again with a lower memory cap or a smaller batch.',
    message,
    true,
  );
}

function scriptExhausted({ message }: RangeError): EngineFault {
  return new EngineFault(
    'out-of-memory',
    'The browser ran out of memory. Close other tabs, or use fewer images or a smaller batch, and run again.',
    message,
    false,
  );
}

/** The fault for an error of tensor code that indicates exhausted memory; null for any other error. */
export function memoryFault(error: unknown): EngineFault | null {
  if (error instanceof EngineFault) return error;
  if (
    error instanceof RangeError &&
    /allocation failed|out of memory|too large for the implementation/i.test(error.message)
  )
    return scriptExhausted(error);
  // tfjs-wasm's routines call abort() if an allocation of their own fails.
  if (error instanceof WebAssembly.RuntimeError && /abort|OOM|memory/i.test(error.message))
    return heapBroken(error);
  return null;
}
