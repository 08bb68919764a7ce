// SmoothGrad and VarGrad: gradients of noisy copies of the picture.
//
// Smilkov, Thorat, Kim, Viégas, Wattenberg 2017, "SmoothGrad: removing noise by adding noise"
// (arXiv 1706.03825): the mean of ∂S_class/∂x at x + N(0, σ²), σ a share of the range of x.
// Adebayo, Gilmer, Goodfellow, Kim 2018, "Local Explanation Methods for Deep Neural Networks Lack
// Sensitivity to Parameter Values" (arXiv 1810.03307): the variance of the same gradients.
// Departures: none. The noise is numpy.random.default_rng(seed).standard_normal((samples, C, H,
// W)), so that anyone can make the same. Cost: a forward and a backward pass a sample.
#include <algorithm>

#include "base/numpy_random.h"
#include "explain/attribution.h"
#include "explain/gradient_methods.h"
#include "explain/gradient_program.h"

namespace convscope {
namespace {

std::vector<ParameterInfo> parameters() {
  return {integer_parameter("samples", {"Noisy copies", "加噪副本数"},
                            {"How many: more give a smoother map.", "数量：越多，图越平滑。"}, 2,
                            200, 10),
          number_parameter(
              "noise", {"Noise", "噪声"},
              {"Standard deviation of the noise, as a share of the picture’s range of values.",
               "噪声的标准差，占图片数值范围的比例。"},
              0.01, 0.5, 0.15, 0.01),
          colours_parameter(Combine::kLargest)};
}

const MethodInfo& smoothgrad_info() {
  static const MethodInfo kInfo = {
      .id = "smoothgrad",
      .title = {"SmoothGrad", "平滑梯度 SmoothGrad"},
      .intuition =
          {"The slope of the score jumps about from one picture to the next that looks the same to "
           "us. Its mean over slightly noisy copies keeps what they have in common.",
           "在我们看来几乎相同的图片之间，分数的梯度会剧烈跳动。对略加噪声的副本取平均，留下的是它"
           "们"
           "共有的部分。"},
      .departures =
          {"The noise is NumPy’s for this seed, so that the map can be made again elsewhere.",
           "噪声采用 NumPy 在该种子下的结果，便于在别处复现。"},
      .equation = "M = 1/n Σ ∂S/∂x (x + N(0, σ²))",
      .citation = "Smilkov et al. 2017",
      .paper = "https://arxiv.org/abs/1706.03825",
      .source = "src/explain/smoothgrad.cpp",
      .seed = 7,
      .parameters = parameters(),
  };
  return kInfo;
}

const MethodInfo& vargrad_info() {
  static const MethodInfo kInfo = {
      .id = "vargrad",
      .title = {"VarGrad", "方差梯度 VarGrad"},
      .intuition = {"Where does the slope change most when the picture gets a little noise? There "
                    "the network "
                    "bends: edges that it is about to decide upon.",
                    "给图片加一点噪声，哪里的梯度变化最大？那里是网络正要做判断的边缘。"},
      .departures =
          {"The noise is NumPy’s for this seed, so that the map can be made again elsewhere.",
           "噪声采用 NumPy 在该种子下的结果，便于在别处复现。"},
      .equation = "M = Var(∂S/∂x (x + N(0, σ²)))",
      .citation = "Adebayo, Gilmer, Goodfellow, Kim 2018",
      .paper = "https://arxiv.org/abs/1810.03307",
      .source = "src/explain/smoothgrad.cpp",
      .seed = 7,
      .parameters = parameters(),
  };
  return kInfo;
}

// Sums of the gradients and of their squares so far.
struct Moments {
  std::vector<double> sum, squares;
  int32_t count = 0;

  explicit Moments(size_t size) : sum(size), squares(size) {}
  void add(std::span<const float> gradient) {
    ++count;
    for (size_t i = 0; i < gradient.size(); ++i) {
      sum[i] += gradient[i];
      squares[i] += double{gradient[i]} * double{gradient[i]};
    }
  }
  std::vector<float> mean() const {
    std::vector<float> out(sum.size());
    std::ranges::transform(sum, out.begin(),
                           [&](double s) { return static_cast<float>(s / count); });
    return out;
  }
  std::vector<float> variance() const {
    std::vector<float> out(sum.size());
    for (size_t i = 0; i < out.size(); ++i) {
      const double m = sum[i] / count;
      out[i] = static_cast<float>(std::max(0.0, squares[i] / count - m * m));
    }
    return out;
  }
};

// x plus noise that was drawn as C × H × W.
void add_noise(const Tensor& x, float deviation, NumpyRandom& noise, Tensor& out) {
  const auto channels = static_cast<size_t>(x.shape().channels());
  const size_t area = x.values().size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < area; ++i) {
      out.values()[i * channels + c] =
          x.values()[i * channels + c] + deviation * static_cast<float>(noise.standard_normal());
    }
  }
}

MethodRun noisy_gradients(const MethodInfo& info, MethodContext context, RunMethod request) {
  const bool variance = info.id == "vargrad";
  const auto samples = static_cast<int32_t>(parameter_value(info, request, "samples"));
  const auto [low, high] = std::ranges::minmax(context.input.values());
  const auto deviation = static_cast<float>(parameter_value(info, request, "noise")) * (high - low);
  const std::string unit = variance ? "Var ∂logit/∂pixel" : "∂logit/∂pixel";

  CO_TRY(LogitGradient logit, LogitGradient::of(context, request.target));
  CO_TRY(Tensor noisy, context.input.clone());
  NumpyRandom noise(request.seed);
  Moments moments(context.input.values().size());
  MethodPreview out;
  for (int32_t sample = 0; sample < samples; ++sample) {
    add_noise(context.input, deviation, noise, noisy);
    CO_TRY(const TensorView gradient, logit.at(noisy));
    moments.add(dense_values(gradient));
    out = attribution_preview(info, request, context.input.shape(),
                              variance ? moments.variance() : moments.mean(), sample + 1, samples,
                              unit);
    if (sample + 1 < samples) co_yield std::move(out);
  }
  out.figures.push_back({{"Noise σ", "噪声 σ"}, deviation, ""});
  co_return out;
}

MethodRun run_smoothgrad(MethodContext context, RunMethod request) {
  return noisy_gradients(smoothgrad_info(), std::move(context), std::move(request));
}
MethodRun run_vargrad(MethodContext context, RunMethod request) {
  return noisy_gradients(vargrad_info(), std::move(context), std::move(request));
}

}  // namespace

const Method kSmoothGrad = {smoothgrad_info, run_smoothgrad};
const Method kVarGrad = {vargrad_info, run_vargrad};

}  // namespace convscope
