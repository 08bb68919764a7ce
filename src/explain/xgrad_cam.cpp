// XGrad-CAM.
//
// Fu, Hu, Dong, Guo, Gao, Li 2020, "Axiom-based Grad-CAM" (arXiv 2008.02312), equation 8:
//   w_c = Σ G · A_c / Σ A_c  over the places
// which keeps sensitivity and conservation as far as weights of channels can. Departures: 1e-7 in
// the denominator (pytorch-grad-cam). Cost: one forward pass, and a backward pass to the layer.
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "xgrad_cam",
      .title = {"XGrad-CAM", "XGrad-CAM"},
      .intuition = {"Like Grad-CAM, but the slope counts where the channel is active: a place in "
                    "which the channel is silent cannot speak for it.",
                    "与 Grad-CAM 类似，但梯度只在通道激活处计入：通道沉默的地方不能代表它。"},
      .departures = {"The map is cut at 0, scaled to 0…1 and enlarged; the values before that "
                     "stand beside it.",
                     "图在 0 处截断，缩放到 0…1 后放大；缩放前的数值列在旁边。"},
      .equation = "w_c = Σ G·A_c / ΣA_c",
      .citation = "Fu et al. 2020",
      .paper = "https://arxiv.org/abs/2008.02312",
      .source = "src/explain/xgrad_cam.cpp",
      .class_specific = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  constexpr double kEpsilon = 1e-7;
  const auto channels = static_cast<size_t>(state.channels);
  std::vector<double> activation(channels), product(channels);
  for (size_t i = 0; i < state.activation.size(); ++i) {
    activation[i % channels] += state.activation[i];
    product[i % channels] += double{state.activation[i]} * double{state.gradient[i]};
  }
  std::vector<float> weights(channels);
  for (size_t c = 0; c < channels; ++c)
    weights[c] = static_cast<float>(product[c] / (activation[c] + kEpsilon));
  return RawMap{{}, weighted_activation(state, weights)};
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map);
}

}  // namespace

const Method kXGradCam = {info, run};

}  // namespace convscope
