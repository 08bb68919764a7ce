// The rate of independent multiply-adds in registers on one thread: what no direct kernel can
// exceed.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace convscope::bench {

#ifdef __x86_64__
#define CONVSCOPE_PEAK_TARGET(features) [[gnu::target(features)]]
#else
#define CONVSCOPE_PEAK_TARGET(features)
#endif

// The same loop for each width of vectors; a macro, because a function may not be inlined into one
// that uses more of the processor unless it is forced, and a forced one may not have the attribute.
#define CONVSCOPE_PEAK_FUNCTION(name, bytes, chains, target, multiply_add)              \
  target inline double name(int repeats) {                                              \
    using Lanes = float __attribute__((vector_size(bytes)));                            \
    constexpr int kInner = 1000;                                                        \
    volatile float opaque = 0.999f;                                                     \
    const Lanes factor = Lanes{} + opaque;                                              \
    Lanes sums[chains];                                                                 \
    for (int i = 0; i < (chains); ++i) sums[i] = factor * static_cast<float>(i);        \
    const int64_t start = now_micros();                                                 \
    for (int64_t i = 0; i < int64_t{repeats} * kInner; ++i) {                           \
      _Pragma("clang loop unroll(full)") for (int chain = 0; chain < (chains); ++chain) \
          sums[chain] = multiply_add(sums[chain], factor, factor);                      \
    }                                                                                   \
    const auto micros = static_cast<double>(now_micros() - start);                      \
    Lanes sum = sums[0];                                                                \
    for (int i = 1; i < (chains); ++i) sum += sums[i];                                  \
    opaque = sum[0];                                                                    \
    return 2.0 * (bytes) / 4 * (chains) * kInner * repeats / micros / 1000;             \
  }

#define CONVSCOPE_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))

#ifdef __x86_64__
CONVSCOPE_PEAK_FUNCTION(peak_sse, 16, 10, , CONVSCOPE_MULTIPLY_ADD)
CONVSCOPE_PEAK_FUNCTION(peak_avx2, 32, 12, CONVSCOPE_PEAK_TARGET("avx2,fma"),
                        CONVSCOPE_MULTIPLY_ADD)
CONVSCOPE_PEAK_FUNCTION(peak_avx512, 64, 16, CONVSCOPE_PEAK_TARGET("avx512f"),
                        CONVSCOPE_MULTIPLY_ADD)
inline double peak_gflops(int repeats) {
  if (__builtin_cpu_supports("avx512f")) return peak_avx512(repeats);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return peak_avx2(repeats);
  return peak_sse(repeats);
}
#elif defined(__wasm_relaxed_simd__)
CONVSCOPE_PEAK_FUNCTION(peak_gflops, 16, 10, , __builtin_wasm_relaxed_madd_f32x4)
#else
CONVSCOPE_PEAK_FUNCTION(peak_gflops, 16, 10, , CONVSCOPE_MULTIPLY_ADD)
#endif

}  // namespace convscope::bench
