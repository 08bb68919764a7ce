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

// C colours of each unknown pixel, and zeros behind them for neighbours that are none.
template <size_t C>
using Vector = std::vector<std::array<double, C>>;

// A x = b with one row for each removed pixel: the weights of its neighbours on the diagonal, less
// those that are removed too beside it. Symmetric and positive definite.
template <size_t C>
struct System {
  std::vector<double> diagonal, relaxed;         // relaxed: kRelaxation / diagonal
  std::vector<std::array<uint32_t, 8>> unknown;  // row of each neighbour; size(): none
  Vector<C> b;

  size_t size() const { return diagonal.size(); }

  // out = A x.
  void multiply(const Vector<C>& x, Vector<C>& out) const {
    for (size_t i = 0; i < size(); ++i) {
      const std::array<double, C> beside = sum(i, 0, kNeighbours.size(), x);
      for (size_t c = 0; c < C; ++c) out[i][c] = diagonal[i] * x[i][c] - beside[c];
    }
  }
  // Symmetric successive over-relaxation: one sweep down and one up, from 0.
  void precondition(const Vector<C>& r, Vector<C>& out) const {
    for (size_t i = 0; i < size(); ++i) {
      const std::array<double, C> before = sum(i, 0, kBefore, out);
      for (size_t c = 0; c < C; ++c) out[i][c] = (r[i][c] + before[c]) * relaxed[i];
    }
    for (size_t i = size(); i-- > 0;) {
      const std::array<double, C> after = sum(i, kBefore, kNeighbours.size(), out);
      for (size_t c = 0; c < C; ++c) out[i][c] += after[c] * relaxed[i];
    }
  }

 private:
  std::array<double, C> sum(size_t i, size_t first, size_t end, const Vector<C>& x) const {
    std::array<double, C> out{};
    for (size_t n = first; n < end; ++n) {
      const std::array<double, C>& at = x[unknown[i][n]];
      for (size_t c = 0; c < C; ++c) out[c] += kNeighbours[n].weight * at[c];
    }
    return out;
  }
};

// Of colours [first, first + C) of the picture.
template <size_t C>
System<C> system_of(std::span<const float> picture, int64_t height, int64_t width, size_t channels,
                    size_t first, std::span<const int32_t> removed) {
  const auto none = static_cast<uint32_t>(removed.size());
  std::vector<uint32_t> row_of(static_cast<size_t>(height * width), none);
  for (size_t i = 0; i < removed.size(); ++i)
    row_of[static_cast<size_t>(removed[i])] = static_cast<uint32_t>(i);
  System<C> out;
  out.diagonal.resize(removed.size());
  out.unknown.resize(removed.size());
  out.b.resize(removed.size() + 1);
  for (size_t i = 0; i < removed.size(); ++i) {
    const int64_t y = removed[i] / width, x = removed[i] % width;
    for (size_t n = 0; n < kNeighbours.size(); ++n) {
      const int64_t row = y + kNeighbours[n].row, column = x + kNeighbours[n].column;
      out.unknown[i][n] = none;
      if (row < 0 || column < 0 || row >= height || column >= width) continue;
      out.diagonal[i] += kNeighbours[n].weight;
      const auto pixel = static_cast<size_t>(row * width + column);
      out.unknown[i][n] = row_of[pixel];
      if (row_of[pixel] != none) continue;
      for (size_t c = 0; c < C; ++c)
        out.b[i][c] += kNeighbours[n].weight * double(picture[pixel * channels + first + c]);
    }
  }
  for (const double value : out.diagonal) out.relaxed.push_back(kRelaxation / value);
  return out;
}

template <size_t C>
double dot(const Vector<C>& a, const Vector<C>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t c = 0; c < C; ++c) sum += a[i][c] * b[i][c];
  }
  return sum;
}

// Conjugate gradients (Hestenes & Stiefel 1952), preconditioned; all colours as one system.
template <size_t C>
Imputation solve(const System<C>& system, Vector<C>& x) {
  Vector<C> r = system.b, z(r.size()), p, step(r.size());
  const double start = std::sqrt(dot<C>(r, r));
  if (start == 0) return {};
  system.precondition(r, z);
  p = z;
  double rz = dot<C>(r, z);
  Imputation out{0, 1};
  while (out.residual > kTolerance && out.iterations < kMostIterations) {
    system.multiply(p, step);
    const double alpha = rz / dot<C>(p, step);
    for (size_t i = 0; i < system.size(); ++i) {
      for (size_t c = 0; c < C; ++c) {
        x[i][c] += alpha * p[i][c];
        r[i][c] -= alpha * step[i][c];
      }
    }
    system.precondition(r, z);
    const double next = dot<C>(r, z), beta = next / rz;
    for (size_t i = 0; i < system.size(); ++i) {
      for (size_t c = 0; c < C; ++c) p[i][c] = z[i][c] + beta * p[i][c];
    }
    rz = next;
    out.residual = std::sqrt(dot<C>(r, r)) / start;
    ++out.iterations;
  }
  return out;
}

// Fills colours [first, first + C) in.
template <size_t C>
Imputation fill(std::span<float> picture, int64_t height, int64_t width, size_t channels,
                size_t first, std::span<const int32_t> removed, float noise, Rng& rng) {
  Vector<C> x(removed.size() + 1);
  const Imputation out =
      solve<C>(system_of<C>(picture, height, width, channels, first, removed), x);
  for (size_t i = 0; i < removed.size(); ++i) {
    for (size_t c = 0; c < C; ++c)
      picture[static_cast<size_t>(removed[i]) * channels + first + c] =
          static_cast<float>(x[i][c]) + noise * rng.normal();
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
  if (static_cast<int64_t>(removed.size()) == height * width) {
    for (float& value : picture) value = noise * rng.normal();
    return {};
  }
  std::vector<int32_t> in_order(removed.begin(), removed.end());
  std::ranges::sort(in_order);
  const auto colours = static_cast<size_t>(channels);
  if (colours == 3) return fill<3>(picture, height, width, colours, 0, in_order, noise, rng);
  Imputation worst;
  for (size_t c = 0; c < colours; ++c) {
    const Imputation one = fill<1>(picture, height, width, colours, c, in_order, noise, rng);
    worst = {std::max(worst.iterations, one.iterations), std::max(worst.residual, one.residual)};
  }
  return worst;
}

}  // namespace convscope
