/** Sides of the square input that a person can choose, pixels: every stage halves it, so 32 leaves one place of the last. */
const [SMALLEST, LARGEST, STEP] = [64, 448, 32];

export const INPUT_SIZES: readonly number[] = Array.from(
  { length: (LARGEST - SMALLEST) / STEP + 1 },
  (_, index) => SMALLEST + index * STEP,
);

export const INPUT_SIZE_HELP = `a multiple of ${STEP} from ${SMALLEST} to ${LARGEST}`;
