// Helpers that compose operators (normalizations, reductions): their values against the textbook
// formula in plain loops, their derivatives against central differences of the whole composition.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "base/rng.h"
#include "graph/vjp.h"
#include "ops/normalization.h"
#include "ops/ops.h"
#include "ops/reductions.h"

namespace convscope {
namespace {

using Values = std::vector<double>;
using Compose = std::function<Result<ValueId>(GraphBuilder&, ValueId)>;

class Composition {
 public:
  Composition(const Shape& shape, const Compose& compose) : x_(builder_.input("x", shape)) {
    auto y = compose(builder_, x_);
    EXPECT_TRUE(y.has_value()) << y.error().message;
    y_ = *y;
  }
  const Shape& output_shape() const { return builder_.shape(y_); }

  Values operator()(const Values& x) { return evaluate({{x_, {builder_.shape(x_), x}}}, y_); }

  Values gradient(const Values& x, const Values& seed) {
    const ValueId s = builder_.input("seed", builder_.shape(y_));
    auto cotangents = build_vjp(builder_, std::array{y_}, std::array{s}, std::array{x_});
    EXPECT_TRUE(cotangents.has_value()) << cotangents.error().message;
    return evaluate({{x_, {builder_.shape(x_), x}}, {s, {builder_.shape(y_), seed}}},
                    cotangents->at(x_));
  }

 private:
  Values evaluate(std::unordered_map<ValueId, DoubleTensor> given, ValueId wanted) {
    return evaluate_reference(builder_.graph(), std::move(given), std::array{wanted})
        .at(wanted)
        .values;
  }

  GraphBuilder builder_;
  ValueId x_, y_;
};

Values random_values(int64_t count, Rng& rng, bool positive = false) {
  Values out(static_cast<size_t>(count));
  for (double& value : out) {
    value = static_cast<double>(rng.normal());
    if (positive) value = 0.25 + std::abs(value);
  }
  return out;
}

void expect_near(const Values& got, const Values& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], want[i], tolerance * (1 + std::abs(want[i]))) << "element " << i;
}

// Values against `formula`, derivatives against differences.
void check(const Shape& shape, const Compose& compose,
           const std::function<Values(const Values&)>& formula, bool positive = false) {
  Rng rng(5);
  Composition composition(shape, compose);
  Values x = random_values(shape.elements(), rng, positive);
  // Attributes are float, the formulas double.
  expect_near(composition(x), formula(x), 1e-6);
  const Values seed = random_values(composition.output_shape().elements(), rng);
  const Values gradient = composition.gradient(x, seed);
  const auto projected = [&] {
    const Values y = composition(x);
    return std::inner_product(y.begin(), y.end(), seed.begin(), 0.0);
  };
  constexpr double kStep = 1e-5;
  Values differences(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double at = x[i];
    x[i] = at + kStep;
    const double above = projected();
    x[i] = at - kStep;
    differences[i] = (above - projected()) / (2 * kStep);
    x[i] = at;
  }
  expect_near(gradient, differences, 1e-6);
}

// Standardizes each group of elements that `group_of` names.
Values standardized(const Values& x, int64_t groups, double epsilon,
                    const std::function<int64_t(int64_t)>& group_of) {
  Values sum(static_cast<size_t>(groups)), square(sum), count(sum), out(x.size());
  const auto group = [&](size_t i) {
    return static_cast<size_t>(group_of(static_cast<int64_t>(i)));
  };
  for (size_t i = 0; i < x.size(); ++i) {
    sum[group(i)] += x[i];
    square[group(i)] += x[i] * x[i];
    count[group(i)] += 1;
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const double mean = sum[group(i)] / count[group(i)];
    const double variance = square[group(i)] / count[group(i)] - mean * mean;
    out[i] = (x[i] - mean) / std::sqrt(variance + epsilon);
  }
  return out;
}

TEST(Normalization, InstanceNormalizationIsPerImageAndChannel) {
  check(
      {2, 3, 2, 4},
      [](GraphBuilder& b, ValueId x) { return add_instance_normalization(b, x, 0.01f, {}, "n"); },
      [](const Values& x) {
        return standardized(x, 8, 0.01, [](int64_t i) { return i / 24 * 4 + i % 4; });
      });
}

TEST(Normalization, GroupNormalizationIsPerImageAndGroup) {
  check(
      {2, 2, 3, 6},
      [](GraphBuilder& b, ValueId x) { return add_group_normalization(b, x, 2, 0.01f, {}, "n"); },
      [](const Values& x) {
        return standardized(x, 4, 0.01, [](int64_t i) { return i / 36 * 2 + i % 6 / 3; });
      });
}

TEST(Normalization, LayerNormalizationIsPerRow) {
  check(
      {3, 5},
      [](GraphBuilder& b, ValueId x) {
        return add_layer_normalization(b, x, std::array{-1}, 0.01f, {}, "n");
      },
      [](const Values& x) { return standardized(x, 3, 0.01, [](int64_t i) { return i / 5; }); });
}

TEST(Normalization, BatchNormalizationTrainsByTheWholeBatch) {
  check(
      {3, 2, 3, 4},
      [](GraphBuilder& b, ValueId x) -> Result<ValueId> {
        TRY(const auto out, add_batch_normalization_training(b, x, 0.01f, {}, "n"));
        EXPECT_EQ(b.shape(out.mean), (Shape{1, 1, 1, 4}));
        return out.y;
      },
      [](const Values& x) { return standardized(x, 4, 0.01, [](int64_t i) { return i % 4; }); });
}

TEST(Normalization, BatchNormalizationServesByTheGivenStatistics) {
  check(
      {3, 4},
      [](GraphBuilder& b, ValueId x) -> Result<ValueId> {
        // Mean and variance are x's own rows here, so that they are differentiated too.
        TRY(const ValueId mean, b.add_one(make_slice(0, 0, 1), {x}, "mean"));
        TRY(const ValueId variance, b.add_one(make_slice(0, 1, 1), {x}, "variance"));
        return add_batch_normalization(b, x, mean, variance, 0.01f, {variance, mean}, "n");
      },
      [](const Values& x) {
        Values out(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          const double mean = x[i % 4], variance = x[4 + i % 4];
          out[i] = (x[i] - mean) / std::sqrt(variance + 0.01) * variance + mean;
        }
        return out;
      },
      /*positive=*/true);
}

TEST(Normalization, ScaleAndBiasFollow) {
  check(
      {2, 3, 4},
      [](GraphBuilder& b, ValueId x) -> Result<ValueId> {
        // Scale and bias are x's own first row here, so that they are differentiated too.
        TRY(const ValueId rows, b.add_one(make_slice(0, 0, 1), {x}, "rows"));
        TRY(const ValueId row, b.add_one(make_slice(1, 1, 1), {rows}, "row"));
        return add_layer_normalization(b, x, std::array{2}, 0.01f, {row, row}, "n");
      },
      [](const Values& x) {
        Values out = standardized(x, 6, 0.01, [](int64_t i) { return i / 4; });
        for (size_t i = 0; i < out.size(); ++i) out[i] = out[i] * x[4 + i % 4] + x[4 + i % 4];
        return out;
      });
}

TEST(Normalization, LocalResponseNormalizationSeesNeighbouringChannels) {
  for (int64_t size : {5, 4, 1, 20}) {
    check(
        {2, 1, 2, 7},
        [size](GraphBuilder& b, ValueId x) {
          return add_local_response_normalization(b, x, size, 0.5f, 0.75f, 1.5f, "n");
        },
        [size](const Values& x) {
          Values out(x.size());
          for (int64_t i = 0; i < 28; ++i) {
            double energy = 0;
            for (int64_t k = -((size - 1) / 2); k <= size / 2; ++k) {
              if (i % 7 + k < 0 || i % 7 + k >= 7) continue;
              const double neighbour = x[static_cast<size_t>(i + k)];
              energy += neighbour * neighbour;
            }
            const auto j = static_cast<size_t>(i);
            out[j] = x[j] / std::pow(1.5 + 0.5 / static_cast<double>(size) * energy, 0.75);
          }
          return out;
        });
  }
}

TEST(Normalization, RefusesWhatMakesNoSense) {
  GraphBuilder builder;
  const ValueId flat = builder.input("x", {2, 6}), image = builder.input("y", {1, 2, 2, 6});
  EXPECT_NE(add_instance_normalization(builder, flat, 0, {}, "n").error().message.find("2×6"),
            std::string::npos);
  for (int64_t groups : {0, 4, -2}) {
    const auto refused = add_group_normalization(builder, image, groups, 0, {}, "n");
    EXPECT_EQ(refused.error().message,
              "GroupNormalization wants x of shape N×H×W×C and groups that divide C; got 1×2×2×6 "
              "and " +
                  std::to_string(groups));
  }
  for (int64_t size : {0, -1, 5000}) {
    EXPECT_EQ(add_local_response_normalization(builder, image, size, 1, 1, 1, "n").error().message,
              "LRN wants a size from 1 to 4096; got " + std::to_string(size));
  }
}

// --- Reductions over the middle axis of 2×3×4, in each of both forms.
// -----------------------------

using AddReduction = Result<ValueId> (*)(GraphBuilder&, ValueId, std::span<const int>, bool,
                                         const std::string&);

void check_reduction(
    AddReduction add, double start, const std::function<double(double total, double x)>& combine,
    const std::function<double(double)>& finish = [](double t) { return t; },
    bool positive = false) {
  for (bool keepdims : {true, false}) {
    check(
        {2, 3, 4},
        [&](GraphBuilder& b, ValueId x) -> Result<ValueId> {
          TRY(const ValueId y, add(b, x, std::array{-2}, keepdims, "r"));
          EXPECT_EQ(b.shape(y), keepdims ? (Shape{2, 1, 4}) : (Shape{2, 4}));
          return y;
        },
        [&](const Values& x) {
          Values out(8, start);
          for (size_t i = 0; i < x.size(); ++i) {
            double& total = out[i / 12 * 4 + i % 4];
            total = combine(total, x[i]);
          }
          for (double& total : out) total = finish(total);
          return out;
        },
        positive);
  }
}

TEST(Reductions, AgreeWithTheirDefinitions) {
  const auto root = [](double t) { return std::sqrt(t); };
  const auto logarithm = [](double t) { return std::log(t); };
  const auto add_square = [](double t, double x) { return t + x * x; };
  check_reduction(add_reduce_min, std::numeric_limits<double>::infinity(),
                  [](double t, double x) { return std::min(t, x); });
  check_reduction(add_reduce_l1, 0, [](double t, double x) { return t + std::abs(x); });
  check_reduction(add_reduce_l2, 0, add_square, root);
  check_reduction(add_reduce_sum_square, 0, add_square);
  check_reduction(add_reduce_log_sum, 0, std::plus(), logarithm, /*positive=*/true);
  check_reduction(
      add_reduce_log_sum_exp, 0, [](double t, double x) { return t + std::exp(x); }, logarithm);
}

TEST(Reductions, LogSumExpDoesNotOverflow) {
  Composition composition(
      {3}, [](GraphBuilder& b, ValueId x) { return add_reduce_log_sum_exp(b, x, {}, false, "r"); });
  EXPECT_NEAR(composition({5000, 5000, -5000})[0], 5000 + std::log(2.0), 1e-9);
}

}  // namespace
}  // namespace convscope
