// HiResCAM.
//
// Draelos & Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of
// convolutional neural networks" (arXiv 2011.08891):  L = Σ_c G · A_c  at every place. Where only a
// linear layer follows, the map adds up to the logit without its bias. Departures: cut at 0 and
// scaled (pytorch-grad-cam). Cost: one forward pass, and a backward pass to the layer.
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "hires_cam",
      .title = {"HiResCAM", "HiResCAM"},
      .intuition =
          {"Slope times activation, place by place, without averaging first: it marks exactly the "
           "places that the score was made from, and often fewer of them than Grad-CAM.",
           "逐位置地取梯度乘激活，不先求平均：它标出的正是分数的来源位置，往往比 Grad-CAM 少。"},
      .departures = {"The map is cut at 0, scaled to 0…1 and enlarged; the values before that "
                     "stand beside it.",
                     "图在 0 处截断，缩放到 0…1 后放大；缩放前的数值列在旁边。"},
      .equation = "L = Σ_c ∂S/∂A_c ⊙ A_c",
      .citation = "Draelos & Carin 2020",
      .paper = "https://arxiv.org/abs/2011.08891",
      .source = "src/explain/hires_cam.cpp",
      .class_specific = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  RawMap out{{}, state.gradient};
  for (size_t i = 0; i < out.weighted.size(); ++i) out.weighted[i] *= state.activation[i];
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map);
}

}  // namespace

const Method kHiResCam = {info, run};

}  // namespace convscope
