// A small seeded random generator whose stream is the same on every platform and build.
#pragma once

#include <cstdint>

namespace convscope {

// PCG-XSH-RR 64/32 (O'Neill 2014). Not for cryptography.
class Rng {
 public:
  explicit Rng(uint64_t seed, uint64_t stream = 1);

  uint32_t next_u32();
  // Uniform in [0, 1), 24 bits.
  float uniform();
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  // Uniform integer in [0, bound), without modulo bias; bound > 0.
  uint32_t below(uint32_t bound);
  // Standard normal (Box-Muller).
  float normal();

 private:
  uint64_t state_ = 0;
  uint64_t increment_;
  float spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace convscope
