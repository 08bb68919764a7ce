// A small network by plain loops in double, forwards and backwards, with the rules of guided
// backpropagation and of deconvnet, to hold explanations against:
//   x 3 × 12 × 16 → conv 3×3 → ReLU (layer "first", 5 channels) → max pool 2×2 → conv 3×3
//   → ReLU (layer "second", 6 channels of 6 × 8) → mean over the places → linear, 4 classes
// It shares nothing with the graph, its derivatives or the kernels; only the weights are the same.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "engine/network.h"
#include "explain/registry.h"
#include "unit/onnx_test_files.h"

namespace convscope {

constexpr size_t kHeight = 12, kWidth = 16, kColours = 3, kFirst = 5, kSecond = 6, kClasses = 4;

// Channels × height × width.
struct Planes {
  size_t channels, height, width;
  std::vector<double> values;

  Planes(size_t c, size_t h, size_t w) : channels(c), height(h), width(w), values(c * h * w) {}
  size_t pixels() const { return height * width; }
  double& at(size_t c, size_t y, size_t x) { return values[(c * height + y) * width + x]; }
  double at(size_t c, size_t y, size_t x) const { return values[(c * height + y) * width + x]; }
  double& at(size_t c, size_t pixel) { return values[c * pixels() + pixel]; }
  double at(size_t c, size_t pixel) const { return values[c * pixels() + pixel]; }
};

struct Weights {
  std::vector<float> w1, b1, w2, b2, fc, b3;  // out × in × 3 × 3; classes × channels
};

inline Weights random_weights(uint64_t seed) {
  Rng rng(seed);
  const auto drawn = [&](size_t count, float reach) {
    std::vector<float> out(count);
    for (float& value : out) value = rng.uniform(-reach, reach);
    return out;
  };
  return {drawn(kFirst * kColours * 9, 0.5f), drawn(kFirst, 0.3f),
          drawn(kSecond * kFirst * 9, 0.3f),  drawn(kSecond, 0.3f),
          drawn(kClasses * kSecond, 1),       drawn(kClasses, 0.5f)};
}

inline Weights without_biases(Weights w) {
  for (std::vector<float>* bias : {&w.b1, &w.b2, &w.b3}) std::ranges::fill(*bias, 0.0f);
  return w;
}

inline OnnxFile onnx_of(const Weights& w) {
  OnnxFile out;
  out.inputs = {onnx_value("x", {0, kColours, kHeight, kWidth})};
  out.outputs = {onnx_value("y", {0, kClasses})};
  out.initializers = {
      onnx_tensor("w1", {kFirst, kColours, 3, 3}, w.w1), onnx_tensor("b1", {kFirst}, w.b1),
      onnx_tensor("w2", {kSecond, kFirst, 3, 3}, w.w2),  onnx_tensor("b2", {kSecond}, w.b2),
      onnx_tensor("fc", {kClasses, kSecond}, w.fc),      onnx_tensor("b3", {kClasses}, w.b3)};
  const ProtoWriter pads = onnx_ints("pads", {1, 1, 1, 1});
  out.nodes = {onnx_node("Conv", "first", {"x", "w1", "b1"}, {"c1"}, {pads}),
               onnx_node("Relu", "relu1", {"c1"}, {"r1"}),
               onnx_node("MaxPool", "halved", {"r1"}, {"m"},
                         {onnx_ints("kernel_shape", {2, 2}), onnx_ints("strides", {2, 2})}),
               onnx_node("Conv", "second", {"m", "w2", "b2"}, {"c2"}, {pads}),
               onnx_node("Relu", "relu2", {"c2"}, {"r2"}),
               onnx_node("GlobalAveragePool", "pool", {"r2"}, {"p"}),
               onnx_node("Flatten", "flatten", {"p"}, {"f"}),
               onnx_node("Gemm", "classes", {"f", "fc", "b3"}, {"y"}, {onnx_int("transB", 1)})};
  return out;
}

// Calls visit(o, y, x, i, from_y, from_x, index of the weight) for every product of a padded 3 × 3
// convolution.
template <typename Visit>
void each_product(size_t outs, size_t ins, size_t height, size_t width, Visit visit) {
  for (size_t o = 0; o < outs; ++o) {
    for (size_t i = 0; i < ins; ++i) {
      for (size_t y = 0; y < height; ++y) {
        for (size_t x = 0; x < width; ++x) {
          for (size_t k = 0; k < 9; ++k) {
            const size_t from_y = y + k / 3, from_x = x + k % 3;  // one too large
            if (from_y < 1 || from_x < 1 || from_y > height || from_x > width) continue;
            visit(o, y, x, i, from_y - 1, from_x - 1, (o * ins + i) * 9 + k);
          }
        }
      }
    }
  }
}

inline Planes convolved(const Planes& in, const std::vector<float>& weights,
                        const std::vector<float>& bias) {
  Planes out(bias.size(), in.height, in.width);
  for (size_t i = 0; i < out.values.size(); ++i) out.values[i] = double{bias[i / out.pixels()]};
  each_product(out.channels, in.channels, in.height, in.width,
               [&](size_t o, size_t y, size_t x, size_t i, size_t from_y, size_t from_x, size_t w) {
                 out.at(o, y, x) += double{weights[w]} * in.at(i, from_y, from_x);
               });
  return out;
}

inline Planes convolved_back(const Planes& dy, const std::vector<float>& weights, size_t ins) {
  Planes dx(ins, dy.height, dy.width);
  each_product(dy.channels, ins, dy.height, dy.width,
               [&](size_t o, size_t y, size_t x, size_t i, size_t from_y, size_t from_x, size_t w) {
                 dx.at(i, from_y, from_x) += double{weights[w]} * dy.at(o, y, x);
               });
  return dx;
}

inline Planes rectified(Planes in) {
  for (double& value : in.values) value = std::max(value, 0.0);
  return in;
}

// A picture's way through the network.
struct Pass {
  Planes first{kFirst, kHeight, kWidth};
  Planes second{kSecond, kHeight / 2, kWidth / 2};
  std::vector<size_t> switches;  // of each pooled cell: where in `first` its maximum is
  std::array<double, kClasses> logits{};
};

inline void go_on_from_second(const Weights& w, Pass& pass) {
  for (size_t k = 0; k < kClasses; ++k) {
    pass.logits[k] = double{w.b3[k]};
    for (size_t c = 0; c < kSecond; ++c) {
      for (size_t p = 0; p < pass.second.pixels(); ++p)
        pass.logits[k] += double{w.fc[k * kSecond + c]} * pass.second.at(c, p) /
                          static_cast<double>(pass.second.pixels());
    }
  }
}

inline void go_on_from_first(const Weights& w, Pass& pass) {
  Planes pooled(kFirst, kHeight / 2, kWidth / 2);
  pass.switches.clear();
  for (size_t i = 0; i < pooled.values.size(); ++i) {
    const size_t c = i / pooled.pixels(), y = i / (kWidth / 2) % (kHeight / 2),
                 x = i % (kWidth / 2);
    size_t best = (c * kHeight + 2 * y) * kWidth + 2 * x;
    for (size_t k = 1; k < 4; ++k) {
      const size_t other = (c * kHeight + 2 * y + k / 2) * kWidth + 2 * x + k % 2;
      if (pass.first.values[other] > pass.first.values[best]) best = other;
    }
    pass.switches.push_back(best);
    pooled.values[i] = pass.first.values[best];
  }
  pass.second = rectified(convolved(pooled, w.w2, w.b2));
  go_on_from_second(w, pass);
}

inline Pass forward(const Weights& w, const Planes& x) {
  Pass pass;
  pass.first = rectified(convolved(x, w.w1, w.b1));
  go_on_from_first(w, pass);
  return pass;
}

enum class Rule { kPlain, kGuided, kDeconvnet };

// What a ReLU passes on of what comes from above.
inline Planes through_relu(Planes dy, const Planes& out, Rule rule) {
  for (size_t i = 0; i < dy.values.size(); ++i) {
    if (rule != Rule::kDeconvnet && !(out.values[i] > 0)) dy.values[i] = 0;
    if (rule != Rule::kPlain) dy.values[i] = std::max(dy.values[i], 0.0);
  }
  return dy;
}

inline Planes back_to_first(const Weights& w, const Pass& pass, const Planes& second, Rule rule) {
  const Planes pooled = convolved_back(through_relu(second, pass.second, rule), w.w2, kFirst);
  Planes out(kFirst, kHeight, kWidth);
  for (size_t i = 0; i < pooled.values.size(); ++i)
    out.values[pass.switches[i]] += pooled.values[i];
  return out;
}
inline Planes back_to_input(const Weights& w, const Pass& pass, const Planes& first, Rule rule) {
  return convolved_back(through_relu(first, pass.first, rule), w.w1, kColours);
}

// ∂logit/∂second: the same at every place.
inline Planes head_gradient(const Weights& w, size_t target) {
  Planes out(kSecond, kHeight / 2, kWidth / 2);
  for (size_t i = 0; i < out.values.size(); ++i)
    out.values[i] =
        double{w.fc[target * kSecond + i / out.pixels()]} / static_cast<double>(out.pixels());
  return out;
}
inline Planes input_gradient(const Weights& w, const Planes& x, size_t target,
                             Rule rule = Rule::kPlain) {
  const Pass pass = forward(w, x);
  return back_to_input(w, pass, back_to_first(w, pass, head_gradient(w, target), rule), rule);
}

// The network on a picture of random bytes, and the methods on both.
class ExplainTwin : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
  }
  static Image random_picture(uint64_t seed) {
    Rng rng(seed);
    Image picture(kWidth, kHeight);
    for (uint8_t& byte : picture.rgb) byte = static_cast<uint8_t>(rng.below(256));
    return picture;
  }
  void open(const Weights& weights, Image picture) {
    auto model = load_model("twin", "onnx", onnx_of(weights).bytes());
    ASSERT_TRUE(model.has_value()) << model.error().message;
    // The same for every colour, so that a gray picture is one number.
    model->preprocessing.mean = {118, 118, 118};
    model->preprocessing.standard_deviation = {60, 60, 60};
    network_ = std::make_unique<Network>(*std::move(model), pool_.get());
    picture_ = std::make_shared<Image>(std::move(picture));
    ASSERT_TRUE(network_->set_picture(picture_, true).has_value());
  }
  void open(const Weights& weights, uint64_t seed) { open(weights, random_picture(seed)); }

  static const Method& named(std::string_view id) {
    for (const Method& method : explain_methods()) {
      if (method.info().id == id) return method;
    }
    CHECK(false);
  }
  MethodPreview run(RunMethod request) {
    const MethodInfo& info = named(request.method).info();
    if (!info.takes_layer) request.layer.clear();
    if (info.needs_layer && request.layer.empty()) request.layer = "second";
    if (request.target < 0) request.target = 0;
    MethodRun going = named(request.method).run(context(), request);
    while (going.next()) {
    }
    auto result = going.result();
    EXPECT_TRUE(result.has_value())
        << request.method << ": " << (result ? "" : result.error().message);
    return result ? *std::move(result) : MethodPreview{};
  }
  MethodContext context() { return *network_->method_context("x", false, 1); }
  // Exactly what the network sees.
  Planes input() {
    const MethodContext seen = context();
    Planes out(kColours, kHeight, kWidth);
    for (size_t i = 0; i < out.values.size(); ++i)
      out.at(i % kColours, i / kColours) = double{seen.input.values()[i]};
    return out;
  }
  static std::vector<float> map_of(const MethodPreview& made) {
    return {made.map->values.floats(), made.map->values.floats() + made.map->values.float_count()};
  }
  static std::vector<float> attribution_of(const MethodPreview& made) {
    const Blob& values = made.attribution->values;
    return {values.floats(), values.floats() + values.float_count()};
  }
  static double figure(const MethodPreview& made, std::string_view title) {
    for (const Figure& f : made.figures) {
      if (f.title.en == title) return f.value;
    }
    ADD_FAILURE() << "no figure " << title;
    return NAN;
  }

  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
  std::shared_ptr<Image> picture_;
};

}  // namespace convscope
