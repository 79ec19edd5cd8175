/** Says once a second what time it is. Unlike timers of a page, those of a worker are as frequent in a hidden tab. */
const BEAT_MS = 1000;

setInterval(() => postMessage(Date.now()), BEAT_MS);
