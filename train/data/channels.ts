/** The channels that images are brought to for a network: 1 (grey) where it takes one, else 3. */
export function requestedChannels({ in_chans }: { readonly in_chans: number }): 1 | 3 {
  return in_chans === 1 ? 1 : 3;
}
