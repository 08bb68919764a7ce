// The gradient of a loss to every weight of a whole network, a batch at once, against central
// differences: all kinds of layers that learn, in double precision.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "base/rng.h"
#include "graph/vjp.h"
#include "ops/normalization.h"
#include "ops/ops.h"

namespace convscope {
namespace {

using Given = std::unordered_map<ValueId, DoubleTensor>;

struct Network {
  GraphBuilder builder;
  Given given;
  std::vector<ValueId> weights;
  Rng rng{11};

  DoubleTensor random(const Shape& shape) {
    DoubleTensor out = DoubleTensor::zeros(shape);
    for (double& value : out.values) value = 0.5 * static_cast<double>(rng.normal());
    return out;
  }
  ValueId input(const std::string& name, const Shape& shape) {
    const ValueId id = builder.input(name, shape);
    given.emplace(id, random(shape));
    return id;
  }
  ValueId weight(const Shape& shape) {
    const ValueId id = builder.parameter("weight" + std::to_string(weights.size()), shape);
    given.emplace(id, random(shape));
    weights.push_back(id);
    return id;
  }
  ValueId add(OpPtr op, std::initializer_list<ValueId> inputs, const std::string& name) {
    return *builder.add_one(std::move(op), inputs, name);
  }
  ScaleAndBias scale_and_bias(int64_t channels) {
    return {weight(Shape{channels}), weight(Shape{channels})};
  }
};

// Smooth activations: the kinks have tests of their own.
ValueId add_network(Network& n, ValueId labels) {
  const Window strided{.kernel = {3, 2}, .strides = {2, 1}, .pads = {1, 0, 1, 1}},
      dilated{.kernel = {2, 2}, .dilations = {2, 1}, .pads = {1, 1, 1, 0}},
      same{.kernel = {3, 3}, .pads = {1, 1, 1, 1}}, twice{.kernel = {2, 2}, .strides = {2, 2}};
  ValueId x = n.input("x", {3, 6, 5, 2});
  x = n.add(make_conv(strided, 1), {x, n.weight({4, 3, 2, 2}), n.weight({4})}, "conv");
  x = add_batch_normalization_training(n.builder, x, 1e-3f, n.scale_and_bias(4), "batch")->y;
  x = n.add(make_softplus(), {x}, "softplus");
  x = n.add(make_conv(dilated, 2), {x, n.weight({4, 2, 2, 2}), n.weight({4})}, "grouped");
  x = *add_instance_normalization(n.builder, x, 1e-2f, n.scale_and_bias(4), "instance");
  x = n.add(make_conv(same, 4), {x, n.weight({4, 3, 3, 1}), n.weight({4})}, "depthwise");
  x = n.add(make_prelu(), {x, n.weight({4})}, "prelu");
  x = n.add(make_conv_transpose(twice, 2, {0, 0}), {x, n.weight({4, 2, 2, 1}), n.weight({2})},
            "enlarge");
  x = n.add(make_reduce_mean(std::array{1}, false), {x}, "columns");  // 3×W×2
  x = n.add(make_matmul(false), {x, n.weight({2, 3})}, "matmul");
  x = *add_layer_normalization(n.builder, x, std::array{-1}, 1e-2f, n.scale_and_bias(3), "layer");
  x = n.add(make_flatten(1), {x}, "flat");
  x = n.add(make_gemm(false), {x, n.weight({n.builder.shape(x)[1], 4}), n.weight({4})}, "gemm");
  const ValueId target = n.add(make_one_hot(4), {labels}, "target");
  return n.add(make_softmax_cross_entropy_loss(), {x, target}, "loss");
}

TEST(NetworkGradients, EveryWeightAgreesWithCentralDifferences) {
  Network n;
  const ValueId labels = n.builder.input("labels", {3});
  n.given.emplace(labels, DoubleTensor{{3}, {2, 0, 3}});
  const ValueId loss = add_network(n, labels), seed = n.builder.input("seed", Shape());
  n.given.emplace(seed, DoubleTensor{Shape(), {1}});
  const Graph forward = n.builder.graph();
  const auto cotangents = build_vjp(n.builder, std::array{loss}, std::array{seed}, n.weights);
  ASSERT_TRUE(cotangents.has_value()) << cotangents.error().message;
  std::vector<ValueId> wanted;
  for (ValueId weight : n.weights) wanted.push_back(cotangents->at(weight));
  const Given gradients = evaluate_reference(n.builder.graph(), n.given, wanted);
  const auto loss_with = [&](ValueId weight, int64_t i, double step) {
    Given moved = n.given;
    moved.at(weight)[i] += step;
    return evaluate_reference(forward, std::move(moved), std::array{loss}).at(loss)[0];
  };
  constexpr double kStep = 1e-5;
  int checked = 0;
  for (size_t w = 0; w < n.weights.size(); ++w) {
    const DoubleTensor& got = gradients.at(wanted[w]);
    for (int64_t i = 0; i < got.shape.elements(); ++i, ++checked) {
      const double want =
          (loss_with(n.weights[w], i, kStep) - loss_with(n.weights[w], i, -kStep)) / (2 * kStep);
      ASSERT_NEAR(got[i], want, 1e-7 * (1 + std::abs(want)))
          << forward.value(n.weights[w]).name << " element " << i;
    }
  }
  EXPECT_GT(checked, 200);
}

}  // namespace
}  // namespace convscope
