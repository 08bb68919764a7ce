// What layers and channels add to a score, against Captum (contribution_cases.txt, made by
// make_contribution_cases.py).
#include <gtest/gtest.h>

#include <cmath>

#include "explain/contribution.h"
#include "golden/captum_cases.h"
#include "golden/golden_networks.h"
#include "unit/onnx_test_files.h"

namespace convscope {
namespace {

ProtoWriter onnx_of(std::string_view name, const CaptumTensor& tensor) {
  return onnx_tensor(name, tensor.extents, tensor.values);
}

OnnxFile small_network(const std::vector<CaptumTensor>& all) {
  OnnxFile out;
  out.inputs = {onnx_value("x", of(all, "input").extents)};
  out.outputs = {onnx_value("y", {1, 3})};
  for (const char* name : {"0.weight", "0.bias", "3.weight", "3.bias", "7.weight", "7.bias"})
    out.initializers.push_back(onnx_of(name, of(all, name)));
  const ProtoWriter pads = onnx_ints("pads", {1, 1, 1, 1});
  out.nodes = {
      onnx_node("Conv", "first", {"x", "0.weight", "0.bias"}, {"c1"}, {pads}),
      onnx_node("Relu", "relu1", {"c1"}, {"r1"}),
      onnx_node("MaxPool", "max", {"r1"}, {"m"},
                {onnx_ints("kernel_shape", {2, 2}), onnx_ints("strides", {2, 2})}),
      onnx_node("Conv", "second", {"m", "3.weight", "3.bias"}, {"c2"}, {pads}),
      onnx_node("Relu", "relu2", {"c2"}, {"r2"}),
      onnx_node("GlobalAveragePool", "pool", {"r2"}, {"p"}),
      onnx_node("Flatten", "flatten", {"p"}, {"f"}),
      onnx_node("Gemm", "classes", {"f", "7.weight", "7.bias"}, {"y"}, {onnx_int("transB", 1)})};
  return out;
}

const Method& method_of(std::string_view word) {
  return word == "conductance" ? kConductance : kLayerGradientXActivation;
}

// The run on exactly this network input, which no picture need have.
MethodPreview run(Network& network, std::vector<float> input, std::string_view word,
                  const std::string& layer, int32_t target) {
  const Shape shape = network.model().graph.shape(network.model().input);
  auto picture = std::make_shared<Image>(static_cast<int>(shape[2]), static_cast<int>(shape[1]));
  EXPECT_TRUE(network.set_picture(picture, true).has_value());
  auto context = network.method_context(word, false, 1);
  context->input = *Tensor::from(shape, input);
  const Method& method = method_of(word);
  MethodRun steps = method.run(*std::move(context),
                               {.method = method.info().id, .target = target, .layer = layer});
  while (steps.next()) {
  }
  EXPECT_TRUE(steps.result().has_value()) << steps.result().error().message;
  return *steps.result();
}

TEST(Contribution, OfEveryUnitOfASmallNetworkIsCaptums) {
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto all = read_captum_cases("contribution_cases.txt", "small");
  const auto pool = ThreadPool::create(1);
  auto model = load_model("small", "onnx", small_network(all).bytes());
  ASSERT_TRUE(model.has_value()) << model.error().message;
  Network network(*std::move(model), pool.get());
  int compared = 0;
  for (const CaptumTensor& want : all) {
    if (want.layer == "-") continue;
    // One colour: N×C×H×W is N×H×W×C.
    const MethodPreview got = run(network, of(all, "input").values, want.word, want.layer, 2);
    ASSERT_TRUE(got.attribution);
    EXPECT_EQ((std::vector<int64_t>{got.attribution->height, got.attribution->width,
                                    got.attribution->channels}),
              want.extents);
    float largest = 0;
    for (const float value : want.values) largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < want.values.size(); ++i)
      ASSERT_NEAR(got.attribution->values.floats()[i], want.values[i], 1e-5f * largest)
          << want.word << " " << i;
    EXPECT_NEAR(got.figures[0].value, double{of(all, "logits").values[2]}, 1e-6);
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

class ContributionOf : public GoldenNetworks {};

TEST_P(ContributionOf, EveryChannelIsCaptums) {
  const auto all = read_captum_cases("contribution_cases.txt", "squeezenet");
  const std::vector<float> input =
      invented_picture(network_->model().graph.shape(network_->model().input));
  const auto target = static_cast<int32_t>(of(all, "target").values[0]);
  int compared = 0;
  for (const CaptumTensor& want : all) {
    if (want.layer == "-") continue;
#ifdef __EMSCRIPTEN__
    if (want.word == "conductance" && want.layer != "fire9") continue;  // slow; the same code
#endif
    const MethodPreview got = run(*network_, input, want.word, want.layer, target);
    EXPECT_NEAR(got.figures[0].value, double{of(all, "logit").values[0]}, 1e-3);
    const std::vector<double> sums =
        channel_sums({got.attribution->values.floats(), got.attribution->values.float_count()},
                     want.values.size());
    double largest = 0, worst = 0;
    for (size_t c = 0; c < sums.size(); ++c) {
      largest = std::max(largest, std::abs(double{want.values[c]}));
      worst = std::max(worst, std::abs(sums[c] - double{want.values[c]}));
    }
    std::printf("  %s of %s: worst %.2e of %.3g\n", want.word.c_str(), want.layer.c_str(), worst,
                largest);
    EXPECT_LE(worst, 2e-4 * largest) << want.word << " of " << want.layer;
    EXPECT_EQ(got.contributions.size(), std::min(kTopChannels, sums.size()));
    EXPECT_NEAR(std::abs(got.contributions[0].value), largest, 2e-4 * largest);
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

INSTANTIATE_TEST_SUITE_P(SqueezeNet, ContributionOf, testing::Values(kGoldenNetworks[0]),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace convscope
