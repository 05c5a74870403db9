/** Every error class of Tessera, one per reaction of the caller; imports nothing. */

/** Base of all errors thrown by Tessera. `code` is stable and machine-readable; `message` is one sentence. */
export class FederatedError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** The call or configuration is wrong: fix it. Message: argument, expectation, what came. */
export class ConfigError extends FederatedError {
  constructor(message: string, options?: ErrorOptions) {
    super('config', message, options);
  }
}

/** Names, shapes or element types of arrays do not fit together. */
export class ShapeError extends FederatedError {
  constructor(message: string, options?: ErrorOptions) {
    super('shape', message, options);
  }
}

/** Bytes from outside are not what their format promises: drop them. */
export class ProtocolError extends FederatedError {
  constructor(message: string, options?: ErrorOptions) {
    super('protocol', message, options);
  }
}

/** A file, a network or a peer could not be reached: trying again may help. */
export class TransportError extends FederatedError {
  constructor(message: string, options?: ErrorOptions) {
    super('transport', message, options);
  }
}

/** Too few clients answered: this round failed, the next may go on. */
export class QuorumError extends FederatedError {
  constructor(message: string, options?: ErrorOptions) {
    super('quorum', message, options);
  }
}

/** A run directory or a key file could not be read, written or locked. */
export class StoreError extends FederatedError {
  constructor(message: string, options?: ErrorOptions) {
    super('store', message, options);
  }
}
