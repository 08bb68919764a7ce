// SHA-256 of a downloaded file. Without HTTPS the browser hides its own, and a small library takes its place.

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  let digest: Uint8Array;
  if (globalThis.crypto?.subtle !== undefined) {
    digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  } else {
    const library = await import('@noble/hashes/sha2.js');
    digest = library.sha256(bytes);
  }
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
