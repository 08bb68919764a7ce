// What build.mjs writes into index.html: every file of the site with its true size (a compressed answer's
// content-length does not tell it), the models and the sample pictures.
import type { Text } from './text.ts';

export interface SiteFile {
  url: string; // relative to the page
  bytes: number;
}

export interface ModelEntry {
  id: string;
  title: Text;
  file: string; // a key of Manifest.files; '' where it is not available
  format: string; // csb or net
  input: string; // width × height
  bytes: number;
  sha256: string;
  top1: number | null; // percent
  licence: string;
  available: boolean;
  reason: Text; // why it is not available
}

export interface SampleEntry {
  id: string;
  title: Text;
  credit: string;
  file: string;
  width: number;
  height: number;
}

export interface Manifest {
  version: string;
  files: Record<string, SiteFile>;
  models: ModelEntry[];
  samples: SampleEntry[];
  default_model: string;
  default_sample: string;
  source: string; // address of the repository's files, a slash at its end; '' where the build did not know it
}

export function read_manifest(): Manifest {
  const element = document.getElementById('manifest');
  return JSON.parse(element?.textContent ?? '{}') as Manifest;
}

export function site_file(manifest: Manifest, name: string): SiteFile {
  const file = manifest.files[name];
  if (file === undefined) throw new Error(`the site has no file ${name}`);
  return file;
}
