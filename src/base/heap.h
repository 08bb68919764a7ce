// The memory of the program itself.
#pragma once

#include <cstdint>

namespace convscope {

// Bytes of this module's WebAssembly memory, which only ever grows; 0 in a native program.
inline int64_t module_heap_bytes() {
#ifdef __wasm__
  return static_cast<int64_t>(__builtin_wasm_memory_size(0)) * 65536;
#else
  return 0;
#endif
}

}  // namespace convscope
