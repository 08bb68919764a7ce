// Eigen-CAM.
//
// Muhammad & Yeasin 2020, "Eigen-CAM: Class Activation Map using Principal Components" (arXiv
// 2008.00299): the layer's activations, a matrix of places × channels, projected on their first
// right-singular vector. Departures: each channel's mean is taken off first (pytorch-grad-cam), and
// the sign, which a singular vector leaves open, makes the largest absolute value positive. Cost:
// one forward pass to the layer.
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "eigen_cam",
      .title = {"Eigen-CAM", "Eigen-CAM"},
      .intuition = {"No class and no gradient: the one pattern that most of the layer’s channels "
                    "agree on. It is usually the main object, whatever the network thinks it is.",
                    "不涉及类别和梯度：该层大多数通道共同呈现的那一种模式。它通常就是主要物体，不论"
                    "网络把它当成什么。"},
      .departures = {"Each channel’s mean is taken off first; the sign makes the largest absolute "
                     "value positive.",
                     "先减去每个通道的均值；符号取使绝对值最大处为正。"},
      .equation = "L = A v₁,  A = U Σ V′",
      .citation = "Muhammad & Yeasin 2020",
      .paper = "https://arxiv.org/abs/2008.00299",
      .source = "src/explain/eigen_cam.cpp",
      .class_specific = false,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(false),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  return RawMap{
      first_component(state.activation, state.pixels(), static_cast<size_t>(state.channels)), {}};
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map, false);
}

}  // namespace

const Method kEigenCam = {info, run};

}  // namespace convscope
