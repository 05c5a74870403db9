/** A trainer module that ends its thread before it has made a trainer. */
export default () => process.exit(4);
