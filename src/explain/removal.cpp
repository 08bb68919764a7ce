#include "explain/removal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace convscope {
namespace {

std::vector<double> ranks_of(std::span<const float> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0; first < order.size();) {
    size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double shared = static_cast<double>(first + end - 1) / 2;
    for (; first < end; ++first) ranks[order[first]] = shared;
  }
  return ranks;
}

}  // namespace

std::vector<int32_t> order_of(std::span<const float> map) {
  std::vector<int32_t> order(map.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{},
                           [&](int32_t i) { return map[static_cast<size_t>(i)]; });
  return order;
}

void replace_pixels(std::span<const float> picture, std::span<const float> other,
                    std::span<const int32_t> pixels, size_t channels, std::span<float> out) {
  CHECK(picture.size() == other.size() && picture.size() == out.size());
  std::ranges::copy(picture, out.begin());
  for (const int32_t pixel : pixels) {
    const size_t at = static_cast<size_t>(pixel) * channels;
    std::ranges::copy(other.subspan(at, channels), out.subspan(at, channels).begin());
  }
}

std::vector<float> scaled_to_one(std::span<const float> map) {
  const auto [low, high] = std::ranges::minmax(map);
  std::vector<float> out(map.size());
  if (high > low)
    std::ranges::transform(map, out.begin(), [&](float x) { return (x - low) / (high - low); });
  return out;
}

void multiply_by_map(std::span<const float> picture, std::span<const float> map,
                     std::span<float> out) {
  CHECK(picture.size() == out.size() && !map.empty() && picture.size() % map.size() == 0);
  const size_t channels = picture.size() / map.size();
  for (size_t i = 0; i < picture.size(); ++i) out[i] = picture[i] * map[i / channels];
}

double area_under(std::span<const float> xs, std::span<const float> ys) {
  CHECK(xs.size() == ys.size() && xs.size() > 1);
  double area = 0;
  for (size_t i = 1; i < xs.size(); ++i)
    area += (double(xs[i]) - double(xs[i - 1])) * (double(ys[i]) + double(ys[i - 1])) / 2;
  return area / (double(xs.back()) - double(xs.front()));
}

double rank_correlation(std::span<const float> a, std::span<const float> b) {
  CHECK(a.size() == b.size() && !a.empty());
  const std::vector<double> x = ranks_of(a), y = ranks_of(b);
  const double mean = static_cast<double>(a.size() - 1) / 2;  // of any ranks
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
    xy += (x[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0) : 0;
}

}  // namespace convscope
