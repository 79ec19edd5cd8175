/**
 * Whether what the tensors live on still works. WebGPU tells errors to nobody in particular and computes on, with garbage:
 * here they are heard, and whoever has work under way asks before believing its numbers. One for each realm, as tfjs' own
 * engine is.
 */
import { breathe } from './breathe';
import { type EngineFault, memoryFault } from './engine-fault';

/** How long a lost device may take to say so after it refused a call. */
const LOSS_MS = 250;

class EngineHealth {
  #fault: EngineFault | null = null;
  #listener: (fault: EngineFault) => void = () => {};
  /** Null on a backend that fails only where it is called. */
  #flush: (() => Promise<unknown>) | null = null;
  #broken = new Breaking();

  /** A fresh backend. `flush` resolves when its device has done, and reported on, all it was given. */
  reset(flush: (() => Promise<unknown>) | null): void {
    this.#fault = null;
    this.#flush = flush;
    this.#broken = new Breaking();
  }

  /** `listen` hears of the first fault after each reset. */
  onFault(listen: (fault: EngineFault) => void): void {
    this.#listener = listen;
  }

  /** The first fault stands; others follow from it. */
  report(fault: EngineFault): void {
    if (this.#fault) return;
    this.#fault = fault;
    this.#listener(fault);
    this.#broken.now(fault);
  }

  /** Throws the fault there is. */
  check(): void {
    if (this.#fault) throw this.#fault;
  }

  /** As `check`, after everything the device still had to do and to say. */
  async settled(): Promise<void> {
    if (this.#flush) {
      await Promise.race([this.#flush().catch(() => {}), this.#broken.promise]);
      // Errors are reported by events of their own, which need a turn.
      await breathe();
    }
    this.check();
  }

  /** Ends with `work`, or as soon as the engine breaks, even where `work` never ended then. */
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

  /** The fault behind an error, or the error itself. A fault that shows in nothing but the error is reported here. */
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

/** A promise that only ever rejects. */
class Breaking {
  now: (fault: EngineFault) => void = () => {};
  readonly promise = new Promise<never>((_, reject) => {
    this.now = reject;
  });

  constructor() {
    // Often nobody is waiting.
    this.promise.catch(() => {});
  }
}

export const health = new EngineHealth();
