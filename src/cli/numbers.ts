import { InvalidArgumentError } from 'commander';

/**
 * Reads the whole number that an option takes; both bounds are allowed.
 *
 * @throws InvalidArgumentError for anything else, which commander reports with the name of the option.
 */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Reads a port; 0 is any that is free. */
export const portNumber = wholeNumber(0, 65_535);
