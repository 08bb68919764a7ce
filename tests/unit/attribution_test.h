// A small network whose answers are known by hand, and how explanations of it are run.
#pragma once

#include <gtest/gtest.h>

#include "engine/network.h"
#include "explain/registry.h"
#include "unit/onnx_test_files.h"

namespace convscope {

inline const Method& named(std::string_view id) {
  for (const Method& method : explain_methods()) {
    if (method.info().id == id) return method;
  }
  CHECK(false);
}

// gray_onnx with biases everywhere.
inline constexpr double kClassBias = 0.75;  // of class 2
inline OnnxFile biased_onnx() {
  OnnxFile out = gray_onnx();
  out.initializers.push_back(onnx_tensor("b1", {4}, {-0.5f, 0.25f, 2, -8}));
  out.initializers.push_back(onnx_tensor("b2", {6}, {-4, 1, -30, 0.5f, -12, 3}));
  out.initializers.push_back(onnx_tensor("b3", {3}, {0.5f, -0.25f, float(kClassBias)}));
  const ProtoWriter pads = onnx_ints("pads", {1, 1, 1, 1});
  out.nodes[0] = onnx_node("Conv", "first", {"x", "w1", "b1"}, {"c1"}, {pads});
  out.nodes[2] = onnx_node("Conv", "second", {"r1", "w2", "b2"}, {"c2"}, {pads});
  out.nodes[6] = onnx_node("Gemm", "classes", {"f", "fc", "b3"}, {"y"}, {onnx_int("transB", 1)});
  return out;
}

// gray_onnx whose second layer is joined by the first one, so that it is no cut.
inline OnnxFile round_onnx() {
  OnnxFile out = gray_onnx();
  out.initializers[2] = onnx_tensor("fc", {3, 10}, onnx_ramp(30, 0.2f));
  out.nodes[4] = onnx_node("Concat", "joined", {"r2", "r1"}, {"j"}, {onnx_int("axis", 1)});
  out.nodes.insert(out.nodes.begin() + 5, onnx_node("GlobalAveragePool", "pool", {"j"}, {"p"}));
  return out;
}

// Two convolutions, averaged into three classes, without any bias.
class AttributionTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
    open(gray_onnx());
  }
  void open(const OnnxFile& file) {
    auto model = load_model("gray", "onnx", file.bytes());
    ASSERT_TRUE(model.has_value()) << model.error().message;
    network_ = std::make_unique<Network>(*std::move(model), pool_.get());
    Image picture(20, 12);
    for (size_t i = 0; i < picture.rgb.size(); ++i)
      picture.rgb[i] = static_cast<uint8_t>(i / 3 * 37 % 251);
    ASSERT_TRUE(network_->set_picture(std::make_shared<Image>(picture), true).has_value());
  }
  Result<MethodPreview> try_run(RunMethod request) {
    const MethodInfo& info = named(request.method).info();
    if (info.needs_layer && request.layer.empty()) request.layer = "second";
    if (request.target < 0) request.target = 2;
    MethodRun run = named(request.method).run(*network_->method_context("x", false, 1), request);
    while (run.next()) {
    }
    return run.result();
  }
  MethodPreview run(RunMethod request) {
    auto result = try_run(std::move(request));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result ? *result : MethodPreview{};
  }
  double figure(const MethodPreview& preview, std::string_view title) {
    for (const Figure& f : preview.figures) {
      if (f.title.en == title) return f.value;
    }
    ADD_FAILURE() << "no figure " << title;
    return 0;
  }
  double score(int32_t target) {
    const auto forward = network_->forward();
    return (*forward)->view(network_->model().logits).data[target];
  }
  static std::vector<float> map_of(const MethodPreview& preview) {
    return {preview.map->values.floats(),
            preview.map->values.floats() + preview.map->values.float_count()};
  }
  static double sum_of(const MethodPreview& preview) {
    double sum = 0;
    for (const float value : map_of(preview)) sum += value;
    return sum;
  }

  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
};

}  // namespace convscope
