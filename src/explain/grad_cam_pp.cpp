// Grad-CAM++.
//
// Chattopadhay, Sarkar, Howlader, Balasubramanian 2018, "Grad-CAM++: Generalized Gradient-based
// Visual Explanations for Deep Convolutional Networks" (arXiv 1710.11063), equations 5 and 19:
//   w_c = Σ a · ReLU(G),  a = G² / (2 G² + (Σ A_c) G³)  at every place, 0 where G is 0
// Departures: powers of the logit's gradient, 1e-6 in the denominator (pytorch-grad-cam); the paper
// derives a for exp(S). Cost: one forward pass, and a backward pass to the layer.
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "grad_cam_pp",
      .title = {"Grad-CAM++", "Grad-CAM++"},
      .intuition =
          {"Like Grad-CAM, but places that raise the score weigh more than those that lower it, so "
           "that several small objects of one class are all found.",
           "与 Grad-CAM "
           "类似，但提高分数的位置比降低分数的位置权重更大，因此同类的多个小物体都能被找到。"},
      .departures = {"Uses the powers of the logit’s gradient; the paper derives them for exp(S).",
                     "使用 logit 梯度的幂；论文是针对 exp(S) 推导的。"},
      .equation = "w_c = Σ a·ReLU(G),  a = G² / (2G² + ΣA_c · G³)",
      .citation = "Chattopadhay et al. 2018",
      .paper = "https://arxiv.org/abs/1710.11063",
      .source = "src/explain/grad_cam_pp.cpp",
      .class_specific = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  constexpr double kEpsilon = 1e-6;
  const auto channels = static_cast<size_t>(state.channels);
  std::vector<double> activation(channels), weight(channels);
  for (size_t i = 0; i < state.activation.size(); ++i)
    activation[i % channels] += state.activation[i];
  for (size_t i = 0; i < state.gradient.size(); ++i) {
    const double g = state.gradient[i];
    if (!(g > 0)) continue;
    weight[i % channels] +=
        g * g * g / (2 * g * g + activation[i % channels] * g * g * g + kEpsilon);
  }
  const std::vector<float> weights(weight.begin(), weight.end());
  return RawMap{{}, weighted_activation(state, weights)};
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map);
}

}  // namespace

const Method kGradCamPlusPlus = {info, run};

}  // namespace convscope
