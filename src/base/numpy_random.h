// NumPy’s random numbers: what a reader can make again with two lines of Python.
#pragma once

#include <cstdint>

namespace convscope {

// numpy.random.default_rng(seed): PCG-64 XSL-RR (O'Neill 2014) seeded by NumPy's SeedSequence.
class NumpyRandom {
 public:
  explicit NumpyRandom(uint64_t seed);

  uint64_t next_u64();
  // Uniform in [0, 1), 53 bits: Generator.random().
  double uniform();
  // Generator.standard_normal(): the ziggurat of 256 layers (Marsaglia & Tsang 2000), 52 bits. The
  // layers are computed here, so that a double may differ in its last place or two.
  double standard_normal();

 private:
  void advance();
  uint64_t state_high_ = 0, state_low_ = 0, increment_high_ = 0, increment_low_ = 0;
};

}  // namespace convscope
