/**
 * Tracks whether the backend still works. WebGPU reports errors asynchronously, and a failed pass leaves its output buffer
 * undefined: errors are collected here, and work in progress checks for them before it uses its results. One instance per
 * realm, like tfjs' engine.
 */

import { type EngineFault, memoryFault } from './engine-fault';
import { yieldToEventLoop } from './yield-to-event-loop';

/** How long to wait for a lost device's event after it rejected a call, in milliseconds. */
const LOSS_MS = 250;

class EngineHealth {
  #fault: EngineFault | null = null;
  #listener: (fault: EngineFault) => void = () => {};
  /** Null on a backend that reports errors only by throwing. */
  #flush: (() => Promise<unknown>) | null = null;
  #broken = new Breaking();

  /** Starts with a new backend. `flush` resolves when its device has executed all submitted work. */
  reset(flush: (() => Promise<unknown>) | null): void {
    this.#fault = null;
    this.#flush = flush;
    this.#broken = new Breaking();
  }

  /** Calls `listen` for the first fault after each reset. */
  onFault(listen: (fault: EngineFault) => void): void {
    this.#listener = listen;
  }

  /** Records a fault. Only the first counts; later ones are consequences of it. */
  report(fault: EngineFault): void {
    if (this.#fault) return;
    this.#fault = fault;
    this.#listener(fault);
    this.#broken.now(fault);
  }

  /** Throws the recorded fault, if any. */
  check(): void {
    if (this.#fault) throw this.#fault;
  }

  /** As `check`, after the device has executed all submitted work and reported its errors. */
  async settled(): Promise<void> {
    if (this.#flush) {
      await Promise.race([this.#flush().catch(() => {}), this.#broken.promise]);
      // Error events are dispatched separately, in a later task.
      await yieldToEventLoop();
    }
    this.check();
  }

  /** Resolves with the result of `work`, or rejects as soon as the engine fails, even if `work` never settles. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    try {
      const result = await Promise.race([work(), this.#broken.promise]);
      await this.settled();
      return result;
    } catch (error) {
      throw await this.cause(error);
    }
  }

  /** The fault that caused `error`, or `error` itself. Reports a fault that is only known from the error. */
  async cause(error: unknown): Promise<unknown> {
    if (this.#flush && error instanceof DOMException) {
      const patience = new Promise<void>((resolve) => setTimeout(resolve, LOSS_MS));
      await Promise.race([patience, this.#broken.promise.catch(() => {})]);
    }
    if (this.#fault) return this.#fault;
    const fault = memoryFault(error);
    if (fault?.engineLost) this.report(fault);
    return fault ?? error;
  }
}

/** A promise that rejects with the first fault and never resolves. */
class Breaking {
  now: (fault: EngineFault) => void = () => {};
  readonly promise = new Promise<never>((_, reject) => {
    this.now = reject;
  });

  constructor() {
    // Prevents an unhandled rejection if nothing awaits the promise.
    this.promise.catch(() => {});
  }
}

export const health = new EngineHealth();
