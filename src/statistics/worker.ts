/** Computes statistics outside the page's thread, one request after another. */
import { answerTo, type Question } from './questions';

self.onmessage = ({ data: { id, ...question } }: MessageEvent<Question>) =>
  self.postMessage({ id, value: answerTo(question) });
