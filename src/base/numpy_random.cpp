#include "base/numpy_random.h"

#include <array>
#include <bit>
#include <cmath>
#include <numbers>

namespace convscope {
namespace {

__extension__ using Wide = unsigned __int128;

Wide wide(uint64_t high, uint64_t low) { return Wide{high} << 64 | low; }

// numpy/random/bit_generator.pyx, SeedSequence with a pool of four words and no spawn key.
std::array<uint64_t, 4> seed_sequence(uint64_t seed) {
  constexpr uint32_t kInitA = 0x43b0d7e5u, kMultiplierA = 0x931e8875u, kInitB = 0x8b51f9ddu,
                     kMultiplierB = 0x58f38dedu, kMixLeft = 0xca01f9ddu, kMixRight = 0x4973f715u;
  uint32_t constant = kInitA;
  const auto hash = [&](uint32_t value) {
    value ^= constant;
    constant *= kMultiplierA;
    value *= constant;
    return value ^ value >> 16;
  };
  const uint32_t entropy[4] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), 0,
                               0};
  std::array<uint32_t, 4> pool{};
  for (size_t i = 0; i < 4; ++i) pool[i] = hash(entropy[i]);
  for (size_t from = 0; from < 4; ++from) {
    for (size_t to = 0; to < 4; ++to) {
      if (from == to) continue;
      const uint32_t mixed = kMixLeft * pool[to] - kMixRight * hash(pool[from]);
      pool[to] = mixed ^ mixed >> 16;
    }
  }
  std::array<uint32_t, 8> words{};
  constant = kInitB;
  for (size_t i = 0; i < words.size(); ++i) {
    uint32_t value = pool[i % 4] ^ constant;
    constant *= kMultiplierB;
    value *= constant;
    words[i] = value ^ value >> 16;
  }
  std::array<uint64_t, 4> out{};
  for (size_t i = 0; i < 4; ++i) out[i] = uint64_t{words[2 * i + 1]} << 32 | words[2 * i];
  return out;
}

constexpr int kLayers = 256;
constexpr double kEdge = 3.6541528853610087963519472518;  // where the tail begins
constexpr double kMantissa = 4503599627370496.0;          // 2^52

struct Ziggurat {
  std::array<uint64_t, kLayers> inside{};  // below: surely under the curve
  std::array<double, kLayers> width{}, height{};

  Ziggurat() {
    // Of each layer: the rectangle up to the edge and the tail beyond it.
    const double area = kEdge * std::exp(-0.5 * kEdge * kEdge) +
                        std::sqrt(std::numbers::pi / 2) * std::erfc(kEdge / std::numbers::sqrt2);
    double x = kEdge;
    width[kLayers - 1] = x / kMantissa;
    height[kLayers - 1] = std::exp(-0.5 * x * x);
    inside[0] = static_cast<uint64_t>(x * height[kLayers - 1] / area * kMantissa);
    width[0] = area / height[kLayers - 1] / kMantissa;
    height[0] = 1;
    for (size_t i = kLayers - 2; i > 0; --i) {
      const double next = std::sqrt(-2 * std::log(area / x + height[i + 1]));
      inside[i + 1] = static_cast<uint64_t>(next / x * kMantissa);
      width[i] = next / kMantissa;
      height[i] = std::exp(-0.5 * next * next);
      x = next;
    }
    inside[1] = 0;
  }
};

}  // namespace

NumpyRandom::NumpyRandom(uint64_t seed) {
  const auto words = seed_sequence(seed);
  const Wide increment = wide(words[2], words[3]) << 1 | 1;
  increment_high_ = static_cast<uint64_t>(increment >> 64);
  increment_low_ = static_cast<uint64_t>(increment);
  advance();
  const Wide state = wide(state_high_, state_low_) + wide(words[0], words[1]);
  state_high_ = static_cast<uint64_t>(state >> 64);
  state_low_ = static_cast<uint64_t>(state);
  advance();
}

void NumpyRandom::advance() {
  constexpr uint64_t kHigh = 2549297995355413924u, kLow = 4865540595714422341u;
  const Wide state =
      wide(state_high_, state_low_) * wide(kHigh, kLow) + wide(increment_high_, increment_low_);
  state_high_ = static_cast<uint64_t>(state >> 64);
  state_low_ = static_cast<uint64_t>(state);
}

uint64_t NumpyRandom::next_u64() {
  advance();
  return std::rotr(state_high_ ^ state_low_, static_cast<int>(state_high_ >> 58));
}

double NumpyRandom::uniform() { return static_cast<double>(next_u64() >> 11) / 9007199254740992.0; }

double NumpyRandom::standard_normal() {
  static const Ziggurat kZiggurat;
  while (true) {
    const uint64_t bits = next_u64();
    const size_t layer = bits & 0xff;
    const uint64_t magnitude = bits >> 9 & 0x000fffffffffffffu;
    const double distance = static_cast<double>(magnitude) * kZiggurat.width[layer];
    const double x = (bits >> 8 & 1) != 0 ? -distance : distance;
    if (magnitude < kZiggurat.inside[layer]) return x;
    if (layer > 0) {
      const double top = kZiggurat.height[layer - 1], bottom = kZiggurat.height[layer];
      if ((top - bottom) * uniform() + bottom < std::exp(-0.5 * x * x)) return x;
      continue;
    }
    while (true) {
      const double beyond = -std::log1p(-uniform()) / kEdge, y = -std::log1p(-uniform());
      if (y + y > beyond * beyond)
        return (magnitude >> 8 & 1) != 0 ? -(kEdge + beyond) : kEdge + beyond;
    }
  }
}

}  // namespace convscope
