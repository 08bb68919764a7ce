// Field: a picture of floats that an optimisation works on.
#pragma once

#include <cstdint>
#include <vector>

#include "image/image.h"
#include "model/preprocessing.h"
#include "protocol/types.h"

namespace convscope {

// height × width × 3, R G B, each 0…1 where it is a picture; gradients and details have any range.
struct Field {
  int64_t height = 0, width = 0;
  std::vector<float> values;

  static Field zeros(int64_t height, int64_t width);
  static Field from(const Image& image);
};

// Antialiased linear (triangle) resampling, separable; the same filter up and down.
Field resized(const Field& field, int64_t height, int64_t width);
// Cyclic shift: out(y, x) = in(y - dy, x - dx).
Field rolled(const Field& field, int64_t dy, int64_t dx);
// Separable Gaussian of that standard deviation in px, edges repeated; sigma 0 leaves it as it is.
Field blurred(const Field& field, float sigma);
float mean_absolute(const Field& field);
// The picture in the network's channel order and units: height × width × channels. Gray is luma.
void network_from_unit(const Preprocessing& preprocessing, const Field& field, float* network);
// Chain rule of the above: a gradient with respect to the network's input, as one with respect to
// the picture.
void unit_gradient_from_network(const Preprocessing& preprocessing, const float* network,
                                Field* gradient);
// Clamped to 0…1 and rounded, opaque.
Picture picture_from(const Field& field);

}  // namespace convscope
