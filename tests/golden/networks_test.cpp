// Both networks against arrays made by PyTorch and ONNX Runtime from the same weights (two
// independent sets of golden data): logits, activations of every named layer, gradients to the
// input, saliency, and the DeepDream gradient.
//
// Tolerances are those of the golden data's own notes. Forward: 1e-4 of the array's largest value.
// Gradients: relative L2 at most 2e-2 (set 2: 3e-2) and cosine at least 0.9995 (0.999), since one
// max-pool switch that flips between two orders of summation moves a whole receptive field:
// PyTorch's float32 differs from its own float64 by as much.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/network.h"
#include "explain/gradient_program.h"
#include "golden/npz.h"
#include "imagine/layer_objective.h"
#include "tensor/tensor.h"

namespace convscope {
namespace {

std::optional<std::vector<uint8_t>> file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

std::string folder(const char* variable, const char* fallback) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != 0 ? value : fallback;
}

struct Case {
  const char* name;  // of the test
  const char* model;
  const char* format;
  const char* path_variable;  // folder of the model's file
  const char* default_folder;
  const char* file;
  const char* golden;  // "squeezenet_v1.0.": file name up to the photo's number
  const char* golden2;
  const char* dream;  // layer of dream_gradient
};

// EfficientNet-Lite0 is checked with its weights in full precision: the page's 16 bits move logits
// by some 1e-3.
constexpr Case kCases[] = {
    {"SqueezeNet", "squeezenet-1.0", "net", "CONVSCOPE_MODELS", "build/models",
     "compressed_SqueezeNet.net", "squeezenet_v1.0.", "set2/squeezenet", "fire5"},
    {"EfficientNetLite0", "efficientnet-lite0", "csb", "CONVSCOPE_EXACT_MODELS",
     "build/models-exact", "efficientnet-lite0.f32.csb", "efficientnet_lite0.", "set2/efflite0",
     "block5"},
};

struct Comparison {
  double relative_l2, cosine;
};
Comparison compare(std::span<const float> got, std::span<const float> want) {
  double difference = 0, got_norm = 0, want_norm = 0, dot = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    difference += std::pow(double{got[i]} - double{want[i]}, 2);
    got_norm += double{got[i]} * double{got[i]};
    want_norm += double{want[i]} * double{want[i]};
    dot += double{got[i]} * double{want[i]};
  }
  return {std::sqrt(difference / want_norm), dot / std::sqrt(got_norm * want_norm)};
}

void expect_gradient(std::span<const float> got, std::span<const float> want, double tolerance,
                     double least_cosine, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  const Comparison c = compare(got, want);
  std::printf("  %s: relative L2 %.2e, 1 - cosine %.2e\n", what.c_str(), c.relative_l2,
              1 - c.cosine);
  EXPECT_LE(c.relative_l2, tolerance) << what;
  EXPECT_GE(c.cosine, least_cosine) << what;
}

void expect_forward(std::span<const float> got, std::span<const float> want,
                    const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  float largest = 0;
  for (const float value : want) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR(got[i], want[i], 1e-4f * largest) << what << " element " << i;
}

class Networks : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& c = GetParam();
    const auto bytes = file_bytes(folder(c.path_variable, c.default_folder) + "/" + c.file);
    if (!bytes)
      GTEST_SKIP() << c.file
                   << " is not there; run ./dev models (SqueezeNet's is downloaded, or "
                      "taken from the folder CONVSCOPE_DOWNLOADS)";
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
    auto model = load_model(c.model, c.format, *bytes);
    ASSERT_TRUE(model.has_value()) << model.error().message;
    network_ = std::make_unique<Network>(*std::move(model), pool_.get());
  }
  void show(const GoldenArray& pixels, int64_t height, int64_t width, size_t offset = 0) {
    auto image = std::make_shared<Image>(static_cast<int>(width), static_cast<int>(height));
    for (size_t i = 0; i < image->rgb.size(); ++i)
      image->rgb[i] = static_cast<uint8_t>(pixels.values[offset + i]);
    const Status status = network_->set_picture(image, true);
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
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

  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
};

std::vector<float> hwc_from_chw(std::span<const float> chw, size_t channels) {
  std::vector<float> out(chw.size());
  const size_t area = chw.size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < area; ++i) out[i * channels + c] = chw[c * area + i];
  }
  return out;
}

// The layer's samples at flat indices of H×W×C.
std::vector<float> sample(const Tensor& activation, const GoldenArray& index) {
  std::vector<float> out;
  for (const float i : index.values) out.push_back(activation.values()[static_cast<size_t>(i)]);
  return out;
}

TEST_P(Networks, FirstSet) {
  const Case& c = GetParam();
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

    int layers = 0;
    for (const std::string& name : npz->names()) {
      if (!name.starts_with("act.") || !name.ends_with(".sample")) continue;
      const std::string layer = name.substr(4, name.size() - 4 - 7);
      const ModelLayer* found = network_->model().find_layer(layer);
      ASSERT_NE(found, nullptr) << layer;
      const auto activation = network_->activation(*found, false);
      ASSERT_TRUE(activation.has_value());
      expect_forward(sample(*activation, npz->array("act." + layer + ".sample_index")),
                     npz->array(name).values, layer);
      ++layers;
    }
    EXPECT_GE(layers, 10);

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
  const Case& c = GetParam();
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
    if (!npz->has("grad"))
      continue;  // only stored whole for the first photo; the others' samples come from the same
                 // run
    const Tensor gradient = logit_gradient(static_cast<int64_t>(npz->array("target").values[0]));
    expect_gradient(gradient.values(), hwc_from_chw(npz->array("grad").values, 3), 3e-2, 0.999,
                    "gradient against float64");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Networks, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace convscope
