#include "base/rng.h"

#include <cmath>
#include <numbers>

namespace convscope {

Rng::Rng(uint64_t seed, uint64_t stream) : increment_((stream << 1) | 1) {
  next_u32();
  state_ += seed;
  next_u32();
}

uint32_t Rng::next_u32() {
  const uint64_t old = state_;
  state_ = old * 6364136223846793005ULL + increment_;
  const auto xorshifted = static_cast<uint32_t>(((old >> 18) ^ old) >> 27);
  const auto rotation = static_cast<uint32_t>(old >> 59);
  return (xorshifted >> rotation) | (xorshifted << ((32 - rotation) & 31));
}

float Rng::uniform() { return static_cast<float>(next_u32() >> 8) * 0x1p-24f; }

uint32_t Rng::below(uint32_t bound) {
  const uint32_t threshold = (0u - bound) % bound;
  for (;;) {
    const uint32_t value = next_u32();
    if (value >= threshold) return value % bound;
  }
}

float Rng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const float radius = std::sqrt(-2.0f * std::log(1.0f - uniform()));
  const float angle = 2.0f * std::numbers::pi_v<float> * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

}  // namespace convscope
