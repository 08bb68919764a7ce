// LayerCAM.
//
// Jiang, Zhang, Hou, Cheng, Wei 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for
// Localization" (IEEE TIP 30), equations 5 to 7:  L = ReLU(Σ_c ReLU(G) · A_c)  at every place.
// Departures: scaled to 0…1 (pytorch-grad-cam). Cost: one forward pass, and a backward pass to the
// layer.
#include <algorithm>

#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "layer_cam",
      .title = {"LayerCAM", "LayerCAM"},
      .intuition = {"Slope times activation where the slope is positive, place by place. It works "
                    "at early layers, too, whose fine maps Grad-CAM would average away.",
                    "只在梯度为正处逐位置取梯度乘激活。它也适用于较早的层，而 Grad-CAM "
                    "会把那里的细节平均掉。"},
      .departures = {"The map is cut at 0, scaled to 0…1 and enlarged; the values before that "
                     "stand beside it.",
                     "图在 0 处截断，缩放到 0…1 后放大；缩放前的数值列在旁边。"},
      .equation = "L = ReLU(Σ_c ReLU(G) ⊙ A_c)",
      .citation = "Jiang et al. 2021",
      .paper = "https://doi.org/10.1109/TIP.2021.3089943",
      .source = "src/explain/layer_cam.cpp",
      .class_specific = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  RawMap out{{}, state.gradient};
  for (size_t i = 0; i < out.weighted.size(); ++i)
    out.weighted[i] = std::max(out.weighted[i], 0.0f) * state.activation[i];
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map);
}

}  // namespace

const Method kLayerCam = {info, run};

}  // namespace convscope
