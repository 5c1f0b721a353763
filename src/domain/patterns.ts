/**
 * Whether a value fits a pattern: equal, or beginning alike where the pattern ends in `*`. Capitals make no difference,
 * since a pattern that protects `deployment/shop/cart` must protect the Deployment.
 */
export function fits(pattern: string, value: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = value.toLowerCase();
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : given === wanted;
}

export function fitsAny(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => fits(pattern, value));
}
