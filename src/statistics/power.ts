/** How many images a paired comparison needs to show a difference. */

/** The probability with which an existing difference is to be shown. */
const POWER = 0.8;

/**
 * The number of images on which a two-sided paired test at `level` shows a difference in accuracy of `difference` with a probability of
 * 80 %: (z(1 − level/2) √q + z(0.8) √(q − difference²))² / difference². For one run of each setting, q is the proportion of discordant
 * images and this is Connor's formula for the McNemar test (Connor 1987, Biometrics 43). For several runs, q is the mean square of the
 * differences of each image's mean over the runs.
 * @param meanSquare q, 0–1; counted as at least `difference`, because a difference of one run needs as many discordant images
 * @param difference above 0, 0.05 for five points
 * @throws RangeError for a difference or level outside of 0–1
 */
export function imagesToShow(difference: number, meanSquare: number, level: number): number {
  if (!(difference > 0 && difference <= 1)) throw new RangeError(`No accuracies differ by ${difference}.`);
  if (!(level > 0 && level < 1)) throw new RangeError(`There is no level ${level}.`);
  const square = difference ** 2;
  const q = Math.max(meanSquare, difference);
  const root = normalQuantile(1 - level / 2) * Math.sqrt(q) + normalQuantile(POWER) * Math.sqrt(q - square);
  return Math.ceil(root ** 2 / square);
}

/**
 * The quantile of the standard normal distribution, to seven digits (Wichura 1988, algorithm AS 241, PPND7).
 * @param probability above 0 and below 1
 */
export function normalQuantile(probability: number): number {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q * polynomial([3.3871327179, 50.434271938, 159.29113202, 59.10937472], r)) /
      polynomial([1, 17.895169469, 78.757757664, 67.1875636], r)
    );
  }
  const r = Math.sqrt(-Math.log(Math.min(probability, 1 - probability)));
  const size =
    r <= 5
      ? polynomial([1.423437248, 2.75681539, 1.3067284816, 0.17023821103], r - 1.6) /
        polynomial([1, 0.7370016425, 0.12021132975], r - 1.6)
      : polynomial([6.657905115, 3.081226386, 0.42868294337, 0.017337203997], r - 5) /
        polynomial([1, 0.24197894225, 0.012258202635], r - 5);
  return q < 0 ? -size : size;
}

/** Σ coefficients[k] · xᵏ */
const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
