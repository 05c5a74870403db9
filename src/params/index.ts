/** Public face `tessera/params`: named parameters, their arithmetic, and safetensors. */
export { add, allFinite, norm, scale, subtract } from './arithmetic.js';
export {
  assertSameLayout,
  createLayout,
  type Layout,
  type LayoutEntry,
  type ParamSpec,
  type Params,
  paramValues,
  zeros,
} from './layout.js';
export { decodeSafetensors, encodeSafetensors, readParams } from './safetensors.js';
