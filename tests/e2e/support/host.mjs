// A static host for the tests: the site as any server would give it, with or without isolation headers, and pages of
// another origin that hold it in a frame. Files are sent compressed where a compressed copy lies beside them.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kIsolation } from '../../../web/headers.mjs';

export const kRoot = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const kSite = process.env.CONVSCOPE_SITE ?? join(kRoot, 'build/site');

const kTypes = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm', '.txt': 'text/plain; charset=utf-8',
  '.jpg': 'image/jpeg', '.png': 'image/png',
};

// { isolated } sends the headers that make shared memory possible, { site } is another folder than the built site, { cors } lets other pages read. Answers { url, sent, close }: `sent` lists
// { path, bytes } of every answer, as many bytes as went over the wire.
export async function start_host({ isolated = false, pages = {}, site = kSite, cors = false } = {}) {
  const sent = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const headers = { 'Cache-Control': path.includes('/assets/') ? 'max-age=31536000, immutable' : 'no-cache' };
    if (isolated) Object.assign(headers, kIsolation);
    if (cors) headers['Access-Control-Allow-Origin'] = '*';
    if (pages[path] !== undefined) {
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' });
      response.end(pages[path]);
      return;
    }
    let file = join(site, normalize(path.endsWith('/') ? `${path}index.html` : path));
    if (!file.startsWith(site) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, headers).end();
      return;
    }
    headers['Content-Type'] = kTypes[extname(file)] ?? 'application/octet-stream';
    if ((request.headers['accept-encoding'] ?? '').includes('br') && existsSync(`${file}.br`)) {
      file += '.br';
      headers['Content-Encoding'] = 'br';
    }
    const bytes = statSync(file).size;
    sent.push({ path, bytes });
    response.writeHead(200, { ...headers, 'Content-Length': bytes });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${server.address().port}/`,
    sent,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    }),
  };
}
