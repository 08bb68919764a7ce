#include "imagine/field.h"

#include <algorithm>
#include <cmath>

namespace convscope {
namespace {

constexpr int64_t kColours = 3;

// For every output position: the first input position and the weights of it and its followers.
struct Taps {
  std::vector<int64_t> first;
  std::vector<std::vector<float>> weights;
};

Taps triangle_taps(int64_t in, int64_t out) {
  Taps taps;
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double reach = std::max(scale, 1.0);
  for (int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = std::max<int64_t>(0, static_cast<int64_t>(std::floor(centre - reach)));
    const auto end = std::min<int64_t>(in, static_cast<int64_t>(std::ceil(centre + reach)));
    std::vector<float> weights;
    float sum = 0;
    for (int64_t k = begin; k < end; ++k) {
      const double distance = std::abs((static_cast<double>(k) + 0.5 - centre) / reach);
      weights.push_back(static_cast<float>(std::max(0.0, 1.0 - distance)));
      sum += weights.back();
    }
    for (float& weight : weights) weight /= sum;
    taps.first.push_back(begin);
    taps.weights.push_back(std::move(weights));
  }
  return taps;
}

// Applies taps along rows (axis of `height`); the other axis is taken as one run of floats.
Field filter_rows(const Field& in, const Taps& taps, int64_t out_height) {
  Field out = Field::zeros(out_height, in.width);
  const int64_t run = in.width * kColours;
  for (int64_t y = 0; y < out_height; ++y) {
    float* to = out.values.data() + y * run;
    const auto& weights = taps.weights[static_cast<size_t>(y)];
    for (size_t k = 0; k < weights.size(); ++k) {
      const float weight = weights[k];
      const float* from =
          in.values.data() + (taps.first[static_cast<size_t>(y)] + static_cast<int64_t>(k)) * run;
      for (int64_t i = 0; i < run; ++i) to[i] += weight * from[i];
    }
  }
  return out;
}

Field filter_columns(const Field& in, const Taps& taps, int64_t out_width) {
  Field out = Field::zeros(in.height, out_width);
  for (int64_t y = 0; y < in.height; ++y) {
    for (int64_t x = 0; x < out_width; ++x) {
      float* to = out.values.data() + (y * out_width + x) * kColours;
      const auto& weights = taps.weights[static_cast<size_t>(x)];
      const float* from =
          in.values.data() + (y * in.width + taps.first[static_cast<size_t>(x)]) * kColours;
      for (size_t k = 0; k < weights.size(); ++k) {
        for (int64_t c = 0; c < kColours; ++c)
          to[c] += weights[k] * from[static_cast<int64_t>(k) * kColours + c];
      }
    }
  }
  return out;
}

Taps gaussian_taps(int64_t extent, float sigma) {
  Taps taps;
  const auto radius = static_cast<int64_t>(std::ceil(3 * sigma));
  for (int64_t i = 0; i < extent; ++i) {
    const int64_t begin = std::max<int64_t>(0, i - radius), end = std::min(extent, i + radius + 1);
    std::vector<float> weights(static_cast<size_t>(end - begin));
    float sum = 0;
    for (int64_t k = i - radius; k <= i + radius; ++k) {
      const auto distance = static_cast<float>(k - i);
      const float weight = std::exp(-distance * distance / (2 * sigma * sigma));
      weights[static_cast<size_t>(std::clamp(k, begin, end - 1) - begin)] +=
          weight;  // a repeated edge
      sum += weight;
    }
    for (float& weight : weights) weight /= sum;
    taps.first.push_back(begin);
    taps.weights.push_back(std::move(weights));
  }
  return taps;
}

}  // namespace

Field Field::zeros(int64_t height, int64_t width) {
  return {height, width, std::vector<float>(static_cast<size_t>(height * width * kColours))};
}

Field Field::from(const Image& image) {
  Field out = zeros(image.height, image.width);
  for (size_t i = 0; i < out.values.size(); ++i)
    out.values[i] = static_cast<float>(image.rgb[i]) / 255.0f;
  return out;
}

Field resized(const Field& field, int64_t height, int64_t width) {
  if (field.height == height && field.width == width) return field;
  return filter_columns(filter_rows(field, triangle_taps(field.height, height), height),
                        triangle_taps(field.width, width), width);
}

Field rolled(const Field& field, int64_t dy, int64_t dx) {
  Field out = Field::zeros(field.height, field.width);
  const int64_t shift = ((dx % field.width) + field.width) % field.width;
  for (int64_t y = 0; y < field.height; ++y) {
    const int64_t to_row = (((y + dy) % field.height) + field.height) % field.height;
    const float* from = field.values.data() + y * field.width * kColours;
    float* to = out.values.data() + to_row * field.width * kColours;
    std::copy_n(from, (field.width - shift) * kColours, to + shift * kColours);
    std::copy_n(from + (field.width - shift) * kColours, shift * kColours, to);
  }
  return out;
}

Field blurred(const Field& field, float sigma) {
  if (sigma <= 0) return field;
  return filter_columns(filter_rows(field, gaussian_taps(field.height, sigma), field.height),
                        gaussian_taps(field.width, sigma), field.width);
}

float mean_absolute(const Field& field) {
  double sum = 0;
  for (float value : field.values) sum += std::abs(value);
  return static_cast<float>(sum / static_cast<double>(std::max<size_t>(1, field.values.size())));
}

void network_from_unit(const Preprocessing& preprocessing, const Field& field, float* network) {
  if (preprocessing.channels() == 1) {
    for (size_t i = 0; i < field.values.size(); i += 3) {
      const float* rgb = field.values.data() + i;
      const float luma = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
      network[i / 3] = preprocessing.value_of_byte(255.0f * luma, 0);
    }
    return;
  }
  for (size_t i = 0; i < field.values.size(); i += 3) {
    for (int c = 0; c < 3; ++c) {
      const int to = preprocessing.network_channel(c);
      network[i + static_cast<size_t>(to)] =
          preprocessing.value_of_byte(255.0f * field.values[i + static_cast<size_t>(c)], to);
    }
  }
}

void unit_gradient_from_network(const Preprocessing& preprocessing, const float* network,
                                Field* gradient) {
  // Along gray: in red, green and blue alike, so that luma takes the whole step.
  if (preprocessing.channels() == 1) {
    for (size_t i = 0; i < gradient->values.size(); ++i)
      gradient->values[i] = network[i / 3] * preprocessing.step_from_unit(1.0f, 0);
    return;
  }
  for (size_t i = 0; i < gradient->values.size(); i += 3) {
    for (int c = 0; c < 3; ++c) {
      const int from = preprocessing.network_channel(c);
      gradient->values[i + static_cast<size_t>(c)] =
          network[i + static_cast<size_t>(from)] * preprocessing.step_from_unit(1.0f, from);
    }
  }
}

Picture picture_from(const Field& field) {
  std::vector<uint8_t> rgba;
  rgba.reserve(field.values.size() / 3 * 4);
  for (size_t i = 0; i < field.values.size(); i += 3) {
    for (size_t c = 0; c < 3; ++c) {
      rgba.push_back(
          static_cast<uint8_t>(std::lround(255 * std::clamp(field.values[i + c], 0.0f, 1.0f))));
    }
    rgba.push_back(255);
  }
  return {static_cast<int32_t>(field.height), static_cast<int32_t>(field.width),
          Blob(std::move(rgba))};
}

}  // namespace convscope
