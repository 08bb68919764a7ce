// The memory of an engine with threads: its maximum is reserved when it is made, and some devices do not give 4 GB.

export type CreateMemory = (descriptor: WebAssembly.MemoryDescriptor) => WebAssembly.Memory;

// As in cmake/programs.cmake: what the modules start with, and the maximum that they declare, above smaller ones.
const kInitialPages = 1024;
const kMaximumPages = [65536, 32768, 16384];

// The largest that this device gives; undefined for a module without threads, which has its own and reserves nothing.
export function shared_memory(
  module: WebAssembly.Module,
  create: CreateMemory = (descriptor) => new WebAssembly.Memory(descriptor),
): WebAssembly.Memory | undefined {
  if (!WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory')) return undefined;
  let reason: unknown;
  for (const maximum of kMaximumPages) {
    try {
      return create({ initial: kInitialPages, maximum, shared: true });
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}
