// Serves a built site on this machine: node web/serve.mjs FOLDER [--port N] [--no-isolation]
// Sends the headers that give the page shared memory, and so threads; --no-isolation leaves them out, as a plain
// static host would, to see the service worker provide them. Needs nothing but node.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { kIsolation } from './headers.mjs';

const kTypes = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json', '.wasm': 'application/wasm', '.txt': 'text/plain; charset=utf-8', '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg', '.png': 'image/png', '.otf': 'font/otf', '.ico': 'image/x-icon', '.webmanifest': 'application/manifest+json',
};
const kEncodings = [['br', '.br'], ['gzip', '.gz']];
const kFirstPort = 8080;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string' }, 'no-isolation': { type: 'boolean', default: false } },
});
const folder = resolve(positionals[0] ?? 'build/site');
if (!existsSync(join(folder, 'index.html'))) {
  console.error(`There is no page in ${folder}: index.html is missing. Build it with ./dev build, or name another folder.`);
  process.exit(1);
}

// The file a request means; null where it means none, or one outside the folder.
function file_of(request) {
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  } catch {
    return null;
  }
  let file = resolve(join(folder, path));
  if (file !== folder && !file.startsWith(folder + sep)) return null;
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  return existsSync(file) ? file : null;
}

const server = createServer((request, response) => {
  const file = file_of(request);
  const headers = values['no-isolation'] ? {} : { ...kIsolation };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...headers, Allow: 'GET, HEAD' }).end();
    return;
  }
  if (file === null) {
    response.writeHead(404, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }).end('There is no such file.\n');
    return;
  }
  headers['Content-Type'] = kTypes[extname(file)] ?? 'application/octet-stream';
  // Files in assets/ have their content's hash in their address.
  headers['Cache-Control'] = file.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache';
  headers.Vary = 'Accept-Encoding';
  let sent = file;
  for (const [name, suffix] of kEncodings) {
    if ((request.headers['accept-encoding'] ?? '').includes(name) && existsSync(file + suffix)) {
      headers['Content-Encoding'] = name;
      sent = file + suffix;
      break;
    }
  }
  response.writeHead(200, { ...headers, 'Content-Length': statSync(sent).size });
  if (request.method === 'HEAD') response.end();
  else createReadStream(sent).on('error', () => response.destroy()).pipe(response);
});

let port = Number(values.port ?? kFirstPort);
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`--port ${values.port} is no port; want a number from 0 (any free one) to 65535.`);
  process.exit(1);
}
server.on('error', (error) => {
  if (error.code === 'EADDRINUSE' && values.port === undefined && port < kFirstPort + 20) {
    server.listen(++port, '127.0.0.1'); // somebody else has it
    return;
  }
  console.error(error.code === 'EADDRINUSE' ? `Port ${port} is in use; name another with --port.` : error.message);
  process.exit(1);
});
server.on('listening', () => {
  console.log(`ConvScope: http://localhost:${server.address().port}/   (Ctrl+C stops it)`);
});
server.listen(port, '127.0.0.1');
