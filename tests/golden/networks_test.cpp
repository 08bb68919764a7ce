// Both networks against arrays made by PyTorch and ONNX Runtime from the same weights (two
// independent sets of golden data): logits, activations of every named layer and their products,
// gradients to the input, saliency, and the DeepDream gradient. What explains an answer is in
// explain_test.cpp, TinyVGG in tiny_vgg_test.cpp. Not compared yet are style_parts, style_grad and
// *_pca.npz of the second set: there is no style transfer and no map of features here yet.
//
// Tolerances are those of the golden data's own notes. Forward: 1e-4 of the array's largest value.
// Gradients: relative L2 at most 2e-2 (set 2: 3e-2) and cosine at least 0.9995 (0.999), since one
// max-pool switch that flips between two orders of summation moves a whole receptive field:
// PyTorch's float32 differs from its own float64 by as much.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "explain/gradient_program.h"
#include "golden/explained_picture.h"
#include "golden/npz.h"
#include "imagine/layer_objective.h"
#include "tensor/tensor.h"

namespace convscope {
namespace {

class Networks : public GoldenNetworks {
 protected:
  // Output 0 of a program of two feeds.
  Tensor run(Result<Program*> program, const Tensor& second) {
    EXPECT_TRUE(program.has_value());
    auto context = network_->method_context("gradient", false, 1);
    const Tensor feeds[] = {context->input, second};
    const Status status = context->session.run(**program, feeds);
    EXPECT_TRUE(status.has_value()) << status.error().message;
    return *(*program)->copy((*program)->output(0));
  }
  Tensor logit_gradient(int64_t target) {
    auto context = network_->method_context("gradient", false, 1);
    auto program = logit_gradient_program(context->model, context->session, context->input.shape(),
                                          "plain", {});
    return run(program, *one_hot((*program)->graph().shape((*program)->feed(1)), target));
  }
  Tensor dream_gradient(const std::string& layer) {
    auto context = network_->method_context("gradient", false, 1);
    auto program = mean_square_program(context->model, context->session,
                                       *context->model.find_layer(layer), context->input.shape());
    Tensor mask = *Tensor::uninitialised((*program)->graph().shape((*program)->feed(1)));
    std::ranges::fill(mask.values(), 1.0f);
    return run(program, mask);
  }
  Tensor activation(const std::string& layer) {
    const ModelLayer* found = network_->model().find_layer(layer);
    CHECK(found != nullptr);
    return *network_->activation(*found, false);
  }
};

// The layer's samples at flat indices of H×W×C.
std::vector<float> sample(const Tensor& activation, const GoldenArray& index) {
  std::vector<float> out;
  for (const float i : index.values) out.push_back(activation.values()[static_cast<size_t>(i)]);
  return out;
}

// The second set names values as its ONNX files did.
std::string layer_of_value(std::string value) {
  if (value.ends_with("/concat")) value.resize(value.size() - 7);
  if (value == "conv_final") return "conv10";
  if (value == "pool_final") return "logits";
  return value == "features" ? "pool" : value;
}

void expect_layer(const Npz& npz, const std::string& layer, const Tensor& activation) {
  const std::string key = "act." + layer;
  const Shape& shape = activation.shape();
  EXPECT_EQ((std::vector<float>{float(shape[1]), float(shape[2]), float(shape[3])}),
            npz.array(key + ".shape").values)
      << layer;
  expect_forward(sample(activation, npz.array(key + ".sample_index")),
                 npz.array(key + ".sample").values, layer);
  const auto channels = static_cast<size_t>(shape.channels());
  std::vector<double> sum(channels);
  std::vector<float> mean, most(channels, -std::numeric_limits<float>::infinity());
  for (size_t i = 0; i < activation.values().size(); ++i) {
    const float value = activation.values()[i];
    sum[i % channels] += double{value};
    most[i % channels] = std::max(most[i % channels], value);
  }
  for (const double of_channel : sum)
    mean.push_back(static_cast<float>(of_channel / static_cast<double>(shape[1] * shape[2])));
  expect_forward(mean, npz.array(key + ".channel_mean").values, layer + " mean");
  expect_forward(most, npz.array(key + ".channel_max").values, layer + " max");
}

TEST_P(Networks, FirstSet) {
  const GoldenNetwork& c = GetParam();
  for (int photo = 0; photo < 3; ++photo) {
    const auto npz = Npz::golden(c.golden + std::to_string(photo) + ".npz");
    if (!npz) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
    SCOPED_TRACE(std::string(c.golden) + std::to_string(photo));
    const GoldenArray pixels = npz->array("image_u8");
    show(pixels, pixels.shape[0], pixels.shape[1]);
    const auto forward = network_->forward();
    ASSERT_TRUE(forward.has_value()) << forward.error().message;
    expect_forward((*forward)->copy(network_->model().logits)->values(),
                   npz->array("logits").values, "logits");
    expect_forward((*forward)->copy(network_->model().probabilities)->values(),
                   npz->array("probabilities").values, "probabilities");

    int layers = 0, products = 0;
    for (const std::string& name : npz->names()) {
      if (name.starts_with("act.") && name.ends_with(".sample")) {
        const std::string layer = name.substr(4, name.size() - 4 - 7);
        expect_layer(*npz, layer, activation(layer));
        ++layers;
      }
      if (!name.starts_with("gram.")) continue;
      const Tensor values = activation(name.substr(5));
      const auto channels = static_cast<size_t>(values.shape().channels());
      expect_within(gram_matrix(values.values(), channels), npz->array(name).values, 1e-3, name);
      ++products;
    }
    EXPECT_GE(layers, 10);
    EXPECT_EQ(products, 2);

    const auto target = static_cast<int64_t>(npz->array("target").values[0]);
    const Tensor gradient = logit_gradient(target);
    expect_gradient(gradient.values(), npz->array("gradient").values, 2e-2, 0.9995, "gradient");
    std::vector<float> saliency;
    for (size_t i = 0; i < gradient.values().size(); i += 3) {
      saliency.push_back(
          std::max({std::abs(gradient.values()[i]), std::abs(gradient.values()[i + 1]),
                    std::abs(gradient.values()[i + 2])}));
    }
    expect_gradient(saliency, npz->array("saliency").values, 2e-2, 0.9995, "saliency");
    expect_gradient(dream_gradient(c.dream).values(),
                    npz->array(std::string("dream_gradient.") + c.dream).values, 2e-2, 0.9995,
                    "dream gradient");
  }
}

TEST_P(Networks, SecondSet) {
  const GoldenNetwork& c = GetParam();
  const auto common = Npz::golden(std::string(c.golden2) + "_common.npz");
  if (!common) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
  const GoldenArray images = common->array("images_u8");
  for (int photo = 0; photo < 3; ++photo) {
    const auto npz = Npz::golden(std::string(c.golden2) + "_img" + std::to_string(photo) + ".npz");
    ASSERT_TRUE(npz.has_value());
    SCOPED_TRACE(std::string(c.golden2) + std::to_string(photo));
    const int64_t height = images.shape[1], width = images.shape[2];
    show(images, height, width, static_cast<size_t>(photo * height * width * 3));
    const auto forward = network_->forward();
    ASSERT_TRUE(forward.has_value()) << forward.error().message;
    expect_forward((*forward)->copy(network_->model().logits)->values(),
                   npz->array("logits").values, "logits");
    expect_forward((*forward)->copy(network_->model().probabilities)->values(),
                   npz->array("prob").values, "probabilities");
    int layers = 0, products = 0;
    for (const std::string& name : npz->names()) {
      if (name.starts_with("act/") && name.ends_with(".shape")) {
        const std::string value = name.substr(4, name.size() - 4 - 6);
        expect_activation(*npz, value, activation(layer_of_value(value)));
        ++layers;
      }
      if (!name.starts_with("gram/") || !name.ends_with(".stats")) continue;
      const std::string value = name.substr(5, name.size() - 5 - 6);
      expect_gram(*npz, value, activation(layer_of_value(value)));
      ++products;
    }
    EXPECT_GE(layers, 8);
    EXPECT_EQ(products, 2);
    const Tensor gradient = logit_gradient(static_cast<int64_t>(npz->array("target").values[0]));
    const Matched m = matched(*npz, "grad", chw_from_hwc(gradient.values(), 3));
    expect_gradient(m.got, m.want, 3e-2, 0.999, "gradient against float64");
    expect_stats(*npz, "grad", gradient.values(), 3e-2);
    expect_dream({.network = network_.get()}, *npz, c.dream2,
                 network_->model().preprocessing.standard_deviation[0], {});
  }
}

INSTANTIATE_TEST_SUITE_P(All, Networks, testing::ValuesIn(kGoldenNetworks),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace convscope
