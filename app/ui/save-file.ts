/** Saves a file with the browser's download. */
export function saveFile(blob: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  // The browser reads the blob asynchronously, so the URL is revoked after a minute.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
