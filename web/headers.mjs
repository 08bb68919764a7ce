// The headers that isolate the page from other sites, which shared memory, and so threads, need. Sent by serve.mjs and
// by the tests' host; the service worker (src/sw.ts) sets the same ones where a static host does not.
export const kIsolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Document-Isolation-Policy': 'isolate-and-credentialless',
};
