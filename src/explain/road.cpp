#include "explain/road.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/check.h"

namespace convscope {
namespace {

constexpr double kTolerance = 1e-6;
constexpr int kMostIterations = 2000;
// Of the relaxation in the preconditioner; near 2, as fits large holes.
constexpr double kRelaxation = 1.9;

struct Neighbour {
  int64_t row, column;
  double weight;
};
// The first four come before a pixel in reading order, the others after it.
constexpr std::array<Neighbour, 8> kNeighbours = {{{-1, -1, 1.0 / 12},
                                                   {-1, 0, 1.0 / 6},
                                                   {-1, 1, 1.0 / 12},
                                                   {0, -1, 1.0 / 6},
                                                   {0, 1, 1.0 / 6},
                                                   {1, -1, 1.0 / 12},
                                                   {1, 0, 1.0 / 6},
                                                   {1, 1, 1.0 / 12}}};
constexpr size_t kBefore = 4;

using Vector = std::vector<double>;  // unknowns × channels

// A x = b with one row for each removed pixel: the weights of its neighbours on the diagonal, less
// those that are removed too beside it. Symmetric and positive definite.
struct System {
  size_t channels = 0;
  std::vector<double> diagonal;
  std::vector<std::array<int32_t, 8>> unknown;  // index of each neighbour's row, −1: none
  Vector b;

  size_t size() const { return diagonal.size(); }

  // out = A x.
  void multiply(const Vector& x, Vector& out) const {
    for (size_t i = 0; i < size(); ++i) {
      for (size_t c = 0; c < channels; ++c)
        out[i * channels + c] = diagonal[i] * x[i * channels + c];
      for (size_t n = 0; n < kNeighbours.size(); ++n) subtract(i, n, x, out);
    }
  }
  // Symmetric successive over-relaxation: one sweep down and one up, from 0.
  void precondition(const Vector& r, Vector& out) const {
    out = r;
    for (size_t i = 0; i < size(); ++i) sweep(i, 0, kBefore, out, out);
    for (size_t i = 0; i < size() * channels; ++i) out[i] *= diagonal[i / channels] / kRelaxation;
    for (size_t i = size(); i-- > 0;) sweep(i, kBefore, kNeighbours.size(), out, out);
  }

 private:
  // out[i] += w x[its neighbour], with the sign of "subtract what stands beside the diagonal".
  void subtract(size_t i, size_t n, const Vector& x, Vector& out) const {
    const int32_t at = unknown[i][n];
    if (at < 0) return;
    const size_t from = static_cast<size_t>(at) * channels;
    for (size_t c = 0; c < channels; ++c)
      out[i * channels + c] -= kNeighbours[n].weight * x[from + c];
  }
  void sweep(size_t i, size_t first, size_t end, const Vector& x, Vector& out) const {
    for (size_t n = first; n < end; ++n) {
      const int32_t at = unknown[i][n];
      if (at < 0) continue;
      for (size_t c = 0; c < channels; ++c)
        out[i * channels + c] += kNeighbours[n].weight * x[static_cast<size_t>(at) * channels + c];
    }
    for (size_t c = 0; c < channels; ++c) out[i * channels + c] *= kRelaxation / diagonal[i];
  }
};

System system_of(std::span<const float> picture, int64_t height, int64_t width, int64_t channels,
                 std::span<const int32_t> removed) {
  System out;
  out.channels = static_cast<size_t>(channels);
  std::vector<int32_t> row_of(static_cast<size_t>(height * width), -1);
  for (size_t i = 0; i < removed.size(); ++i)
    row_of[static_cast<size_t>(removed[i])] = static_cast<int32_t>(i);
  out.diagonal.resize(removed.size());
  out.unknown.resize(removed.size());
  out.b.resize(removed.size() * out.channels);
  for (size_t i = 0; i < removed.size(); ++i) {
    const int64_t y = removed[i] / width, x = removed[i] % width;
    for (size_t n = 0; n < kNeighbours.size(); ++n) {
      const int64_t row = y + kNeighbours[n].row, column = x + kNeighbours[n].column;
      out.unknown[i][n] = -1;
      if (row < 0 || column < 0 || row >= height || column >= width) continue;
      out.diagonal[i] += kNeighbours[n].weight;
      const auto pixel = static_cast<size_t>(row * width + column);
      out.unknown[i][n] = row_of[pixel];
      if (row_of[pixel] >= 0) continue;
      for (size_t c = 0; c < out.channels; ++c)
        out.b[i * out.channels + c] +=
            kNeighbours[n].weight * double(picture[pixel * out.channels + c]);
    }
  }
  return out;
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Conjugate gradients (Hestenes & Stiefel 1952), preconditioned; all channels as one system.
Imputation solve(const System& system, Vector& x) {
  Vector r = system.b, z(r.size()), p, step(r.size());
  x.assign(r.size(), 0);
  const double start = std::sqrt(dot(r, r));
  if (start == 0) return {};
  system.precondition(r, z);
  p = z;
  double rz = dot(r, z);
  Imputation out{0, 1};
  while (out.residual > kTolerance && out.iterations < kMostIterations) {
    system.multiply(p, step);
    const double alpha = rz / dot(p, step);
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] += alpha * p[i];
      r[i] -= alpha * step[i];
    }
    system.precondition(r, z);
    const double next = dot(r, z), beta = next / rz;
    for (size_t i = 0; i < p.size(); ++i) p[i] = z[i] + beta * p[i];
    rz = next;
    out.residual = std::sqrt(dot(r, r)) / start;
    ++out.iterations;
  }
  return out;
}

}  // namespace

size_t pixels_left(size_t pixels, int percentile) {
  CHECK(pixels > 0 && percentile >= 0 && percentile <= 100);
  return ((pixels - 1) * static_cast<size_t>(percentile) + 99) / 100;
}

Imputation impute(std::span<float> picture, int64_t height, int64_t width, int64_t channels,
                  std::span<const int32_t> removed, float noise, Rng& rng) {
  CHECK(static_cast<int64_t>(picture.size()) == height * width * channels);
  Imputation out;
  Vector x(removed.size() * static_cast<size_t>(channels));
  if (static_cast<int64_t>(removed.size()) < height * width) {
    std::vector<int32_t> in_order(removed.begin(), removed.end());
    std::ranges::sort(in_order);
    const System system = system_of(picture, height, width, channels, in_order);
    out = solve(system, x);
    for (size_t i = 0; i < x.size(); ++i) {
      const auto c = i % static_cast<size_t>(channels);
      picture[static_cast<size_t>(in_order[i / static_cast<size_t>(channels)] * channels) + c] =
          static_cast<float>(x[i]) + noise * rng.normal();
    }
    return out;
  }
  for (float& value : picture) value = noise * rng.normal();
  return out;
}

}  // namespace convscope
