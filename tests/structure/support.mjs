// What the tests of the repository's structure share: its files and its sources.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

// Files of the repository, and those that the next commit might add.
export function repository_files() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const deleted = new Set(execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: root, encoding: 'utf8' }).split('\0'));
  return listed.split('\0').filter((path) => path !== '' && !deleted.has(path));
}

export function read(path) {
  return readFileSync(join(root, path), 'utf8');
}
