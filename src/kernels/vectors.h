// Vectors of floats for loops that the compiler does not vectorise well by itself. Internal to
// src/kernels.
#pragma once

#include <cstring>

#include "kernels/kernels.h"

// Inlined into functions that may use more of the processor than the rest of the program.
#define CONVSCOPE_INLINE [[gnu::always_inline]] inline

namespace convscope {

using Four = float __attribute__((vector_size(16)));
using Eight = float __attribute__((vector_size(32)));

// Vectors go by reference: by value they would cross functions in a way that depends on the
// processor.
template <typename V>
CONVSCOPE_INLINE void load(const float* from, V& to) {
  std::memcpy(&to, from, sizeof(V));
}
template <typename V>
CONVSCOPE_INLINE void store(const V& from, float* to) {
  std::memcpy(to, &from, sizeof(V));
}

// out = a·b + c, lane by lane
template <typename V>
CONVSCOPE_INLINE void multiply_add_lanes(const V& a, const V& b, const V& c, V& out) {
#ifdef __wasm_relaxed_simd__
  if constexpr (sizeof(V) == sizeof(Four)) {
    out = __builtin_wasm_relaxed_madd_f32x4(a, b, c);
    return;
  }
#endif
  out = a * b + c;
}
// out = a·factor + b
template <typename V>
CONVSCOPE_INLINE void multiply_add(const V& a, float factor, const V& b, V& out) {
#ifdef __wasm_relaxed_simd__
  if constexpr (sizeof(V) == sizeof(Four)) {
    out = __builtin_wasm_relaxed_madd_f32x4(a, Four{factor, factor, factor, factor}, b);
    return;
  }
#endif
  out = a * factor + b;
}

template <typename V>
CONVSCOPE_INLINE void clamp_to(V& value, const OutputClamp& clamp) {
  const V low = V{} + clamp.minimum, high = V{} + clamp.maximum;
  value = value < low ? low : value;
  value = value > high ? high : value;
}

#ifdef __x86_64__
// XNNPACK finds the processor's widest instructions by itself; our loops are compiled twice.
inline bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}
#endif

}  // namespace convscope
