// Winograd's convolution against the double-precision definition and the direct kernel. KernelTest
// has its random cases through the operators; here are shapes that the operators would not give it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

namespace convscope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr OutputClamp kFree{-kInfinity, kInfinity};

Tensor random_tensor(const Shape& shape, Rng& rng) {
  Tensor out = *Tensor::uninitialised(shape);
  for (float& value : out.values()) value = rng.normal();
  return out;
}

// The largest difference, of the largest value.
double error_of(const Tensor& got, const DoubleTensor& want) {
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < want.shape.elements(); ++i) {
    worst = std::max(worst, std::abs(double{got.data()[i]} - want[i]));
    largest = std::max(largest, std::abs(want[i]));
  }
  return worst / largest;
}

class WinogradTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(initialise_kernels().has_value()); }

  static Tensor run(Kernel& kernel, const Tensor& in, const Shape& out, ThreadPool& pool) {
    Tensor y = *Tensor::uninitialised(out);
    const TensorView from = TensorView::of(in), to = TensorView::of(y);
    EXPECT_TRUE(kernel.configure({&from, 1}, {&to, 1}, pool).has_value());
    EXPECT_TRUE(kernel.run(pool).has_value());
    return y;
  }

  std::unique_ptr<ThreadPool> one_ = ThreadPool::create(1), two_ = ThreadPool::create(2);
};

int64_t between(Rng& rng, int64_t low, int64_t high) {
  return low + rng.below(static_cast<uint32_t>(high - low + 1));
}

// Any number of channels, pictures of one pixel, several pictures: forwards and backwards.
TEST_F(WinogradTest, AwkwardShapesAgreeWithTheDefinition) {
  Rng rng(5);
  for (int i = 0; i < 60; ++i) {
    const Pads pads{between(rng, 0, 2), between(rng, 0, 2), between(rng, 0, 2), between(rng, 0, 2)};
    const Shape x{between(rng, 1, 3), between(rng, 1, 14), between(rng, 1, 14),
                  between(rng, 1, 21)};
    const Shape w{between(rng, 1, 21), 3, 3, x[3]};
    const Shape y{x[0], x[1] + pads.top + pads.bottom - 2, x[2] + pads.left + pads.right - 2, w[0]};
    if (y[1] < 1 || y[2] < 1) continue;
    const Window window{.kernel = {3, 3}, .pads = pads};
    const Tensor weight = random_tensor(w, rng), bias = random_tensor(Shape{w[0]}, rng);
    const Tensor input = random_tensor(x, rng), cotangent = random_tensor(y, rng);
    ThreadPool& pool = i % 4 == 0 ? *two_ : *one_;
    const std::string where = x.text() + " * " + w.text() + ": " + window.text();

    std::vector<DoubleTensor> in{DoubleTensor::from(input), DoubleTensor::from(weight),
                                 DoubleTensor::from(bias)};
    std::vector<DoubleTensor> want{DoubleTensor::zeros(y)};
    make_conv(window, 1)->evaluate(in, want);
    const auto forward = make_winograd_convolution_kernel(pads, weight, bias, kFree);
    EXPECT_LT(error_of(run(*forward, input, y, pool), want[0]), 1e-5) << where;

    std::vector<DoubleTensor> back{DoubleTensor::from(cotangent), DoubleTensor::from(weight)};
    std::vector<DoubleTensor> gradient{DoubleTensor::zeros(x)};
    make_conv_input_grad(window, 1, x[1], x[2])->evaluate(back, gradient);
    const auto backward = make_winograd_input_grad_kernel(pads, weight);
    EXPECT_LT(error_of(run(*backward, cotangent, x, pool), gradient[0]), 1e-5) << where;
  }
}

// The error grows with the number of channels; this is the largest of the classic networks.
TEST_F(WinogradTest, ManyChannelsStayNearTheDirectKernel) {
  Rng rng(6);
  const Shape x{1, 14, 14, 512}, w{512, 3, 3, 512};
  const Tensor weight = random_tensor(w, rng), input = random_tensor(x, rng);
  const WindowGeometry window{.kernel = {3, 3}, .pads = {1, 1, 1, 1}};
  const auto direct = *make_convolution_kernel(window, 1, weight, Tensor(), kFree);
  const auto winograd = make_winograd_convolution_kernel(window.pads, weight, Tensor(), kFree);
  const Tensor want = run(*direct, input, x, *one_), got = run(*winograd, input, x, *one_);
  const double error = error_of(got, DoubleTensor::from(want));
  EXPECT_LT(error, 2e-5);
  EXPECT_GT(error, 0) << "one kernel was compared with itself";
  const auto direct_back = *make_convolution_input_grad_kernel(window, 1, weight, Tensor());
  const auto winograd_back = make_winograd_input_grad_kernel(window.pads, weight);
  EXPECT_LT(error_of(run(*winograd_back, input, x, *one_),
                     DoubleTensor::from(run(*direct_back, input, x, *one_))),
            2e-5);
}

// Threads share the work by tiles: their number must not change a single bit.
TEST_F(WinogradTest, ThreadsChangeNothing) {
  Rng rng(7);
  const Shape x{2, 30, 33, 40};
  const Tensor weight = random_tensor({48, 3, 3, 40}, rng), input = random_tensor(x, rng);
  const auto kernel = make_winograd_convolution_kernel({1, 1, 1, 1}, weight, Tensor(), {0, 2});
  const Shape y{2, 30, 33, 48};
  const Tensor one = run(*kernel, input, y, *one_), two = run(*kernel, input, y, *two_);
  EXPECT_TRUE(std::ranges::equal(one.values(), two.values()));
  EXPECT_EQ(std::ranges::min(one.values()), 0.0f);
  EXPECT_EQ(std::ranges::max(one.values()), 2.0f);
}

TEST_F(WinogradTest, WeightsArePackedOnFirstUse) {
  Rng rng(8);
  const Shape x{1, 12, 12, 32};
  const auto kernel =
      make_winograd_input_grad_kernel({1, 1, 1, 1}, random_tensor({32, 3, 3, 32}, rng));
  EXPECT_EQ(kernel->held_bytes(), 0);
  run(*kernel, random_tensor(x, rng), x, *one_);
  EXPECT_EQ(kernel->held_bytes(), 36 * 32 * 32 * 4);
}

TEST(WinogradChoice, OnlyWhereItPays) {
  const WindowGeometry three{.kernel = {3, 3}, .pads = {1, 1, 1, 1}};
  const Shape wide{128, 3, 3, 128};
  EXPECT_TRUE(winograd_pays(three, 1, wide, 28, 28));
  EXPECT_FALSE(winograd_pays(three, 1, {128, 3, 3, 3}, 224, 224));
  EXPECT_FALSE(winograd_pays(three, 1, wide, 3, 3));
  EXPECT_FALSE(winograd_pays(three, 2, {128, 3, 3, 64}, 28, 28));
  WindowGeometry other = three;
  other.strides = {2, 2};
  EXPECT_FALSE(winograd_pays(other, 1, wide, 28, 28));
  other = three;
  other.dilations = {1, 2};
  EXPECT_FALSE(winograd_pays(other, 1, wide, 28, 28));
  other = three;
  other.pads.left = 3;
  EXPECT_FALSE(winograd_pays(other, 1, wide, 28, 28));
}

}  // namespace
}  // namespace convscope
