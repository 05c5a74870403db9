/** A trainer module whose factory makes something else. */
export default () => ({ train: () => undefined });
