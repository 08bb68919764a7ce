// ROAD's noisy linear imputation: pixels are taken away so that not even the place where they were
// can be seen.
//
// Rong, Leemann, Borisov, Kasneci, Kasneci 2022, "A Consistent and Efficient Evaluation Strategy
// for Attribution Methods" (arXiv 2202.00449), section 4.2; as in pytorch-grad-cam 1.4.8.
#pragma once

#include <cstdint>
#include <span>

#include "base/rng.h"

namespace convscope {

// How many of `pixels` are left where those that reach a percentile of the map are removed: as many
// as numpy.percentile leaves below it where no two values are equal.
size_t pixels_left(size_t pixels, int percentile);

// How the linear system was solved.
struct Imputation {
  int iterations = 0;
  double residual = 0;  // |b − A x| / |b|
};

// Fills pixels in, in a dense height × width × channels picture: each of `removed` becomes the mean
// of its neighbours, those at the sides weighing 1/6 and those at the corners 1/12 (at the border
// the rest share what is missing), all at once, and then noise of that deviation is added. Known
// pixels stay as they are. Where none is known, all become 0. Solved by conjugate gradients to a
// relative residual of 1e-6.
Imputation impute(std::span<float> picture, int64_t height, int64_t width, int64_t channels,
                  std::span<const int32_t> removed, float noise, Rng& rng);

}  // namespace convscope
