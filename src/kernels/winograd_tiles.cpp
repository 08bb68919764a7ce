// The transforms of Winograd's convolution: a few additions per float, over channels, which stand
// side by side in memory.
#include <algorithm>
#include <array>
#include <numbers>

#include "kernels/vectors.h"
#include "kernels/winograd.h"

namespace convscope {
namespace {

constexpr float kNear = 1 / std::numbers::sqrt2_v<float>, kFar = std::numbers::sqrt2_v<float>;

// t = B^T d
template <typename V>
CONVSCOPE_INLINE void to_points(const V (&d)[6], V (&t)[6]) {
  V even, odd;
  multiply_add(d[2], -2.5f, d[0], t[0]);
  t[0] += d[4];
  multiply_add(d[2], -2.0f, d[4], even);
  multiply_add(d[1], -2.0f, d[3], odd);
  multiply_add(odd, kNear, even, t[1]);
  multiply_add(odd, -kNear, even, t[2]);
  multiply_add(d[2], -0.5f, d[4], even);
  multiply_add(d[1], -0.5f, d[3], odd);
  multiply_add(odd, kFar, even, t[3]);
  multiply_add(odd, -kFar, even, t[4]);
  multiply_add(d[3], -2.5f, d[1], t[5]);
  t[5] += d[5];
}

// y = A^T m
template <typename V>
CONVSCOPE_INLINE void from_points(const V (&m)[6], V (&y)[4]) {
  const V near_sum = m[1] + m[2], near_difference = (m[1] - m[2]) * kNear;
  const V far_sum = m[3] + m[4], far_difference = (m[3] - m[4]) * kFar;
  V sum;
  y[0] = m[0] + near_sum + far_sum;
  y[1] = near_difference + far_difference;
  multiply_add(far_sum, 4.0f, near_sum, sum);
  y[2] = sum * 0.5f;
  multiply_add(near_difference, 0.5f, m[5], sum);
  multiply_add(far_difference, 2.0f, sum, y[3]);
}

template <typename V>
CONVSCOPE_INLINE void input_block(const float* const* pixels, int64_t c, int64_t channels,
                                  float* points) {
  V half[6][6];  // [column][row point]
  for (int column = 0; column < 6; ++column) {
    V d[6];
    for (int row = 0; row < 6; ++row) load(pixels[6 * row + column] + c, d[row]);
    to_points(d, half[column]);
  }
  for (int row = 0; row < 6; ++row) {
    V d[6], t[6];
    for (int column = 0; column < 6; ++column) d[column] = half[column][row];
    to_points(d, t);
    for (int column = 0; column < 6; ++column)
      store(t[column], points + (6 * row + column) * channels + c);
  }
}

template <typename V>
CONVSCOPE_INLINE void output_block(const float* points, int64_t c, int64_t channels,
                                   const float* bias, const OutputClamp& clamp,
                                   const WinogradOutput& to) {
  V half[6][4];  // [column point][row]
  for (int column = 0; column < 6; ++column) {
    V m[6];
    for (int row = 0; row < 6; ++row) load(points + (6 * row + column) * channels + c, m[row]);
    from_points(m, half[column]);
  }
  V offset{};
  if (bias != nullptr) load(bias + c, offset);
  for (int64_t row = 0; row < to.rows; ++row) {
    V m[6], y[4];
    for (int column = 0; column < 6; ++column) m[column] = half[column][row];
    from_points(m, y);
    float* line = to.data + row * to.line_stride + c;
    for (int64_t column = 0; column < to.columns; ++column) {
      V value = y[column] + offset;
      clamp_to(value, clamp);
      store(value, line + column * to.pixel_stride);
    }
  }
}

template <typename V>
CONVSCOPE_INLINE void input_tile(const float* const* pixels, int64_t channels, float* points) {
  constexpr auto kLanes = static_cast<int64_t>(sizeof(V) / sizeof(float));
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) input_block<V>(pixels, c, channels, points);
  for (; c < channels; ++c) input_block<float>(pixels, c, channels, points);
}

template <typename V>
CONVSCOPE_INLINE void output_tile(const float* points, int64_t channels, const float* bias,
                                  const OutputClamp& clamp, const WinogradOutput& to) {
  constexpr auto kLanes = static_cast<int64_t>(sizeof(V) / sizeof(float));
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) output_block<V>(points, c, channels, bias, clamp, to);
  for (; c < channels; ++c) output_block<float>(points, c, channels, bias, clamp, to);
}

#ifdef __x86_64__
// Without these two XNNPACK's products would wait for the transforms.
[[gnu::target("avx2,fma")]] void input_tile_avx2(const float* const* pixels, int64_t channels,
                                                 float* points) {
  input_tile<Eight>(pixels, channels, points);
}
[[gnu::target("avx2,fma")]] void output_tile_avx2(const float* points, int64_t channels,
                                                  const float* bias, const OutputClamp& clamp,
                                                  const WinogradOutput& to) {
  output_tile<Eight>(points, channels, bias, clamp, to);
}
#endif

}  // namespace

void winograd_input_tile(const float* const* pixels, int64_t channels, float* points) {
#ifdef __x86_64__
  if (has_avx2()) return input_tile_avx2(pixels, channels, points);
#endif
  input_tile<Four>(pixels, channels, points);
}

void winograd_output_tile(const float* points, int64_t channels, const float* bias,
                          OutputClamp clamp, const WinogradOutput& to) {
#ifdef __x86_64__
  if (has_avx2()) return output_tile_avx2(points, channels, bias, clamp, to);
#endif
  output_tile<Four>(points, channels, bias, clamp, to);
}

Result<Tensor> winograd_weight(const Tensor& weight) {
  const int64_t outputs = weight.shape()[0], inputs = weight.shape()[3];
  TRY(Tensor out, Tensor::uninitialised(Shape{kWinogradPositions, outputs, inputs}));
  constexpr double kRoot = std::numbers::sqrt2;
  // G: the value of g₀ + g₁x + g₂x² at each point, over the product of its distances to the others.
  constexpr std::array<std::array<double, 3>, 6> kPoints{{
      {1, 0, 0},
      {-2.0 / 3, -kRoot / 3, -1.0 / 3},
      {-2.0 / 3, kRoot / 3, -1.0 / 3},
      {1.0 / 6, kRoot / 6, 1.0 / 3},
      {1.0 / 6, -kRoot / 6, 1.0 / 3},
      {0, 0, 1},
  }};
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < inputs; ++i) {
      const float* g = weight.data() + o * 9 * inputs + i;
      for (size_t row = 0; row < 6; ++row) {
        double line[3];
        for (int64_t l = 0; l < 3; ++l) {
          line[l] = 0;
          for (int64_t k = 0; k < 3; ++k)
            line[l] += kPoints[row][static_cast<size_t>(k)] * double{g[(3 * k + l) * inputs]};
        }
        for (size_t column = 0; column < 6; ++column) {
          const auto& p = kPoints[column];
          const double value = line[0] * p[0] + line[1] * p[1] + line[2] * p[2];
          const auto position = static_cast<int64_t>(6 * row + column);
          out.data()[(position * outputs + o) * inputs + i] = static_cast<float>(value);
        }
      }
    }
  }
  return out;
}

}  // namespace convscope
