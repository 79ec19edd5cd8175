import type { Reading } from '../core/dataset';
import { z } from '../schema';
import { NAME_ENCODINGS } from './name-encoding';

/** How folders are read, in stored files. */
export const readingSchema = z.object({
  splitFolders: z.boolean().optional(),
  classLevel: z.int().positive().optional(),
  nameEncoding: z.enum(NAME_ENCODINGS).optional(),
  corrections: z.array(z.object({ path: z.string(), className: z.string().nullable() })).optional(),
}) satisfies z.ZodType<Reading>;
