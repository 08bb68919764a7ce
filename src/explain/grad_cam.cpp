// Grad-CAM.
//
// Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017, "Grad-CAM: Visual Explanations from Deep
// Networks via Gradient-based Localization" (arXiv 1610.02391), equations 1 and 2:
//   L = ReLU(Σ_c α_c A_c),  α_c = mean over places of ∂S_class/∂A_c
// Departures: scaled to 0…1 (pytorch-grad-cam). Cost: one forward pass, and a backward pass to the
// layer.
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "grad_cam",
      .title = {"Grad-CAM", "Grad-CAM"},
      .intuition = {"Each channel of the layer gets a weight: how much the class’s score would "
                    "rise, on average, if the channel were a little stronger. The channels, so "
                    "weighted, are laid over each other.",
                    "给该层的每个通道一个权重：若该通道稍强一点，类别分数平均会升高多少。按权重把各"
                    "通道叠加起来。"},
      .departures = {"The map is cut at 0, scaled to 0…1 and enlarged; the values before that "
                     "stand beside it.",
                     "图在 0 处截断，缩放到 0…1 后放大；缩放前的数值列在旁边。"},
      .equation = "L = ReLU(Σ_c α_c A_c),  α_c = mean ∂S/∂A_c",
      .citation = "Selvaraju et al. 2017",
      .paper = "https://arxiv.org/abs/1610.02391",
      .source = "src/explain/grad_cam.cpp",
      .class_specific = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  return RawMap{{}, weighted_activation(state, grad_cam_weights(state))};
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map);
}

}  // namespace

const Method kGradCam = {info, run};

}  // namespace convscope
