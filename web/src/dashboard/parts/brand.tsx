/** Four tiles of a mosaic. */
export function Brand({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <rect class="fill-global" width="9" height="9" rx="2" />
      <rect class="fill-federated" x="11" width="9" height="9" rx="2" />
      <rect class="fill-central" y="11" width="9" height="9" rx="2" />
      <rect class="fill-isolated" x="11" y="11" width="9" height="9" rx="2" />
    </svg>
  );
}
