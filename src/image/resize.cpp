#include "image/resize.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace convscope {
namespace {

constexpr int kPrecisionBits =
    32 - 8 - 2;  // Pillow's: a sum of weighted bytes stays inside 32 bits

double support_of(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::kBox:
      return 0.5;
    case ResizeFilter::kBilinear:
      return 1.0;
    case ResizeFilter::kBicubic:
      return 2.0;
  }
  return 0.5;
}

double weight_at(ResizeFilter filter, double x) {
  if (filter == ResizeFilter::kBox) return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
  x = std::abs(x);
  if (filter == ResizeFilter::kBilinear) return x < 1.0 ? 1.0 - x : 0.0;
  constexpr double a = -0.5;  // Keys 1981
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

// For a range of output positions along one axis: the first input each reads, and the weights of it
// and the following ones.
struct Taps {
  std::vector<int> first, count;
  std::vector<int32_t> weights;  // `stride` per output
  int stride = 0;
};

Taps make_taps(int in_size, int out_size, ResizeFilter filter, int begin, int outputs) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = support_of(filter) * filter_scale;
  Taps taps;
  taps.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.weights.resize(static_cast<size_t>(outputs) * static_cast<size_t>(taps.stride));
  std::vector<double> exact(static_cast<size_t>(taps.stride));
  for (int out = 0; out < outputs; ++out) {
    const double centre = (begin + out + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int count = std::min(static_cast<int>(centre + support + 0.5), in_size) - first;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      exact[static_cast<size_t>(i)] =
          weight_at(filter, (i + first - centre + 0.5) * (1.0 / filter_scale));
      sum += exact[static_cast<size_t>(i)];
    }
    int32_t* weights =
        taps.weights.data() + static_cast<size_t>(out) * static_cast<size_t>(taps.stride);
    for (int i = 0; i < count; ++i) {
      double weight = exact[static_cast<size_t>(i)];
      if (sum != 0) weight *= 1.0 / sum;
      weights[i] = static_cast<int32_t>(weight * (1 << kPrecisionBits) + (weight < 0 ? -0.5 : 0.5));
    }
    taps.first.push_back(first);
    taps.count.push_back(count);
  }
  return taps;
}

uint8_t rounded_byte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

// The pixel at `out` of a line whose pixels stand `step` bytes apart.
void sample(const uint8_t* line, size_t step, const Taps& taps, int out, uint8_t* to) {
  const auto index = static_cast<size_t>(out);
  const int32_t* weights = taps.weights.data() + index * static_cast<size_t>(taps.stride);
  const uint8_t* from = line + static_cast<size_t>(taps.first[index]) * step;
  int32_t r = 1 << (kPrecisionBits - 1), g = r, b = r;
  for (int i = 0; i < taps.count[index]; ++i, from += step) {
    r += from[0] * weights[i];
    g += from[1] * weights[i];
    b += from[2] * weights[i];
  }
  to[0] = rounded_byte(r);
  to[1] = rounded_byte(g);
  to[2] = rounded_byte(b);
}

}  // namespace

Image resize_part(const Image& image, int width, int height, ResizeFilter filter,
                  const Rectangle& part) {
  CHECK(!image.empty() && part.width > 0 && part.height > 0 && part.left >= 0 && part.top >= 0);
  CHECK(part.width <= width - part.left && part.height <= height - part.top);
  // The rows of the picture that are needed: where the height stays, no vertical pass takes place.
  int first_row = part.top, rows = part.height;
  Taps vertical;
  if (height != image.height) {
    vertical = make_taps(image.height, height, filter, part.top, part.height);
    first_row = vertical.first.front();
    rows = vertical.first.back() + vertical.count.back() - first_row;
    for (int& first : vertical.first) first -= first_row;
  }
  Image wide;
  if (width == image.width) {
    wide = crop(image, part.left, first_row, part.width, rows);
  } else {
    const Taps taps = make_taps(image.width, width, filter, part.left, part.width);
    wide = Image(part.width, rows);
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < part.width; ++x)
        sample(image.pixel(0, first_row + y), 3, taps, x, wide.pixel(x, y));
    }
  }
  if (height == image.height) return wide;
  Image out(part.width, part.height);
  const size_t row_bytes = static_cast<size_t>(part.width) * 3;
  for (int y = 0; y < part.height; ++y) {
    for (int x = 0; x < part.width; ++x)
      sample(wide.pixel(x, 0), row_bytes, vertical, y, out.pixel(x, y));
  }
  return out;
}

Image resize(const Image& image, int width, int height, ResizeFilter filter) {
  return resize_part(image, width, height, filter, {0, 0, width, height});
}

Image shrink_to_fit(const Image& image, int longest) {
  const int side = std::max(image.width, image.height);
  if (side <= longest) return image;
  const auto scaled = [&](int extent) {
    return std::max(1, static_cast<int>((int64_t{extent} * longest + side / 2) / side));
  };
  return resize(image, scaled(image.width), scaled(image.height), ResizeFilter::kBox);
}

}  // namespace convscope
