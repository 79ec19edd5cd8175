/** Images to classify per call of the page, and per forward pass in the engine: a call is one pass for each model. */
export const CLASSIFIED_AT_ONCE = 8;
