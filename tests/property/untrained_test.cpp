// The untrained copy of a network must have something to show: no layer silent or saturated, and a
// gradient at every pixel.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "graph/vjp.h"
#include "kernels/kernel.h"
#include "model/catalog.h"
#include "model/squeezenet.h"
#include "runtime/session.h"
#include "unit/model_test_files.h"

namespace convscope {
namespace {

double mean_square(const Tensor& tensor) {
  double sum = 0;
  for (float value : tensor.values()) sum += double{value} * value;
  return sum / static_cast<double>(tensor.values().size());
}

// SqueezeNet's graph with whatever weights: they are drawn anew.
Model squeezenet() {
  auto model = read_squeezenet(make_net({}));
  EXPECT_TRUE(model);
  model->preprocessing = find_catalog_entry("squeezenet-1.0")->preprocessing;
  describe_layers(*model);
  return *std::move(model);
}

Tensor smooth_picture(const Model& model) {
  Image image(227, 227);
  for (int y = 0; y < 227; ++y) {
    for (int x = 0; x < 227; ++x) {
      uint8_t* p = image.pixel(x, y);
      p[0] = static_cast<uint8_t>(128 + 100 * std::sin(x * 0.11));
      p[1] = static_cast<uint8_t>(128 + 100 * std::sin(y * 0.07));
      p[2] = static_cast<uint8_t>(128 + 100 * std::sin((x + y) * 0.23));
    }
  }
  return preprocess(image, model.preprocessing, true)->tensor;
}

TEST(Untrained, LayersAndGradientsAreAlive) {
  ASSERT_TRUE(initialise_kernels());
  const Model model = squeezenet();
  const Tensor input = smooth_picture(model);
  const auto pool = ThreadPool::create(1);
  for (uint64_t seed : {1, 2, 3}) {
    auto parameters = randomise(model, seed);
    ASSERT_TRUE(parameters);
    GraphBuilder builder(model.graph);
    const ValueId cotangent = builder.input("seed", model.graph.shape(model.logits));
    const std::array<ValueId, 1> outputs = {model.logits}, seeds = {cotangent},
                                 wanted = {model.input};
    const auto gradients = build_vjp(builder, outputs, seeds, wanted);
    ASSERT_TRUE(gradients);
    ProgramSpec spec{
        std::make_shared<Graph>(std::move(builder).build()), {model.input, cotangent}, {}};
    for (const ModelLayer& layer : model.layers) spec.outputs.push_back(layer.value);
    spec.outputs.push_back(gradients->at(model.input));

    Session session(*spec.graph, *std::move(parameters), pool.get());
    auto program = session.program("all", [&]() -> Result<ProgramSpec> { return spec; });
    ASSERT_TRUE(program);
    Tensor one_class = *Tensor::zeros(model.graph.shape(model.logits));
    one_class.data()[static_cast<size_t>(seed * 100)] = 1;
    ASSERT_TRUE(session.run(**program, std::array<Tensor, 2>{input, one_class}));

    for (const ModelLayer& layer : model.layers) {
      const double square = mean_square(*(*program)->copy(layer.value));
      EXPECT_GT(square, 1e-3) << layer.name << ", seed " << seed;
      EXPECT_LT(square, 30) << layer.name << ", seed " << seed;
    }
    const Tensor gradient = *(*program)->copy(spec.outputs.back());
    const auto zeros = std::ranges::count(gradient.values(), 0.0f);
    EXPECT_LT(static_cast<double>(zeros), 0.05 * static_cast<double>(gradient.values().size()))
        << "seed " << seed;
    for (float value : gradient.values()) ASSERT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace convscope
