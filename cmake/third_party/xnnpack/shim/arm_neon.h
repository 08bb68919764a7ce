// Two of XNNPACK's WebAssembly kernels include <arm_neon.h> where they mean this header.
#pragma once
#include <wasm_simd128.h>
