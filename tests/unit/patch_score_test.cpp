// Pictures of which one patch is changed, computed from a layer on, against whole forward passes.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "engine/network.h"
#include "explain/patch_score.h"
#include "unit/onnx_test_files.h"

namespace convscope {
namespace {

// Strides, paddings that depend on the size, a pooling whose last window is cut off, two branches.
OnnxFile strided_onnx() {
  OnnxFile out;
  out.inputs = {onnx_value("x", {0, 3, 149, 171})};
  out.outputs = {onnx_value("y", {0, 5})};
  out.initializers = {onnx_tensor("w1", {2, 3, 3, 3}, onnx_ramp(54, 0.05f)),
                      onnx_tensor("w2", {24, 2, 3, 3}, onnx_ramp(432, 0.017f)),
                      onnx_tensor("b2", {24}, onnx_ramp(24, 0.1f)),
                      onnx_tensor("w3", {4, 24, 1, 1}, onnx_ramp(96, 0.11f)),
                      onnx_tensor("w4", {16, 24, 3, 3}, onnx_ramp(3456, 0.019f)),
                      onnx_tensor("fc", {5, 20}, onnx_ramp(100, 0.3f))};
  const auto window = [](std::vector<int64_t> kernel, std::vector<int64_t> strides) {
    return std::vector<ProtoWriter>{onnx_ints("kernel_shape", kernel),
                                    onnx_ints("strides", strides)};
  };
  auto conv1 = window({3, 3}, {2, 2}), pool = window({3, 3}, {2, 2}),
       conv2 = window({3, 3}, {2, 2});
  pool.push_back(onnx_int("ceil_mode", 1));
  ProtoWriter same;
  conv2.push_back(same.text(1, "auto_pad").text(4, "SAME_UPPER").varint(20, 3));
  const ProtoWriter pads = onnx_ints("pads", {1, 1, 1, 1});
  out.nodes = {onnx_node("Conv", "first", {"x", "w1"}, {"c1"}, conv1),
               onnx_node("Relu", "first.relu", {"c1"}, {"r1"}),
               onnx_node("MaxPool", "pool", {"r1"}, {"p1"}, pool),
               onnx_node("Conv", "second", {"p1", "w2", "b2"}, {"c2"}, conv2),
               onnx_node("Relu", "second.relu", {"c2"}, {"r2"}),
               onnx_node("Conv", "narrow", {"r2", "w3"}, {"c3"}),
               onnx_node("Conv", "wide", {"r2", "w4"}, {"c4"}, {pads}),
               onnx_node("Concat", "joined", {"c3", "c4"}, {"j"}, {onnx_int("axis", 1)}),
               onnx_node("GlobalAveragePool", "gap", {"j"}, {"g"}),
               onnx_node("Flatten", "flat", {"g"}, {"f"}),
               onnx_node("Gemm", "classes", {"f", "fc"}, {"y"}, {onnx_int("transB", 1)})};
  return out;
}

class PatchScoreTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
  }
  void open(const OnnxFile& file) {
    auto model = load_model("patch", "onnx", file.bytes());
    ASSERT_TRUE(model.has_value()) << model.error().message;
    network_ = std::make_unique<Network>(*std::move(model), pool_.get());
    Image picture(171, 149);
    for (size_t i = 0; i < picture.rgb.size(); ++i)
      picture.rgb[i] = static_cast<uint8_t>(i / 3 * 37 % 251 + i % 3);
    ASSERT_TRUE(network_->set_picture(std::make_shared<Image>(picture), true).has_value());
  }
  // Random patches, those at the border among them, several at once and fewer than fit.
  void compare(int64_t side, std::string_view from) {
    const auto context = network_->method_context("x", false, 1);
    ASSERT_TRUE(context.has_value());
    auto patched = PatchScore::of(*context, 3, side, 3);
    ASSERT_TRUE(patched.has_value()) << patched.error().message;
    EXPECT_EQ(patched->from(), from);
    auto whole = BatchScore::of_pictures(*context, 3, 3);
    ASSERT_TRUE(whole.has_value()) << whole.error().message;
    const Shape& shape = context->input.shape();
    Rng rng(static_cast<uint64_t>(side));
    for (int round = 0; round < 30; ++round) {
      const int64_t count = 1 + round % 3;
      for (int64_t i = 0; i < count; ++i) {
        PixelBox patch{int64_t{rng.below(uint32_t(shape[1]))},
                       int64_t{rng.below(uint32_t(shape[2]))}};
        if (round < 4)
          patch.top = round % 2 * (shape[1] - 1), patch.left = round / 2 * (shape[2] - 1);
        patch.height = std::min(side, shape[1] - patch.top);
        patch.width = std::min(side, shape[2] - patch.left);
        const auto held = patched->place(i, patch);
        EXPECT_TRUE(held.top <= patch.top && held.left <= patch.left &&
                    held.top + held.height >= patch.top + patch.height &&
                    held.left + held.width >= patch.left + patch.width);
        fill(context->input, patch, {0, 0, shape[1], shape[2]}, whole->slot(i));
        fill(context->input, patch, held, patched->slot(i));
      }
      ASSERT_TRUE(whole->run(count).has_value());
      ASSERT_TRUE(patched->run(count).has_value());
      for (int64_t i = 0; i < count; ++i)
        EXPECT_NEAR(patched->logit(i), whole->logit(i), 2e-6 * std::abs(whole->logit(i)))
            << side << " " << round;
    }
  }
  // The picture with a checkerboard in the patch, as far as `held` holds it.
  static void fill(const Tensor& picture, const PixelBox& patch, const PixelBox& held,
                   std::span<float> out) {
    const int64_t width = picture.shape()[2], channels = picture.shape().channels();
    size_t at = 0;
    for (int64_t y = held.top; y < held.top + held.height; ++y) {
      for (int64_t x = held.left; x < held.left + held.width; ++x) {
        const bool inside = y >= patch.top && y < patch.top + patch.height && x >= patch.left &&
                            x < patch.left + patch.width;
        for (int64_t c = 0; c < channels; ++c) {
          out[at++] = inside ? ((x + y) % 2 == 0 ? 2.0f : -1.5f)
                             : picture.data()[(y * width + x) * channels + c];
        }
      }
    }
  }

  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
};

TEST_F(PatchScoreTest, IsTheWholePassWhateverThePatch) {
  open(strided_onnx());
  for (const int64_t side : {1, 4, 9, 16}) compare(side, "joined");
}

TEST_F(PatchScoreTest, ALargePatchTakesWholePictures) {
  open(strided_onnx());
  compare(171, "");
}

}  // namespace
}  // namespace convscope
