/** A share for people, in whole percent: 0.254 is `25 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
