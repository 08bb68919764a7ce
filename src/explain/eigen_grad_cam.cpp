// Eigen-Grad-CAM.
//
// Muhammad & Yeasin's first component (arXiv 2008.00299) of gradient × activation, as
// pytorch-grad-cam defines it. Departures: each channel's mean is taken off first, and the sign
// makes the largest absolute value positive. Cost: one forward pass, and a backward pass to the
// layer.
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "eigen_grad_cam",
      .title = {"Eigen-Grad-CAM", "Eigen-Grad-CAM"},
      .intuition =
          {"Eigen-CAM for one class: the pattern that most channels agree on, each channel "
           "weighted, place by place, by how it moves the class’s score.",
           "针对某一类别的 "
           "Eigen-CAM：各通道先逐位置按其对类别分数的影响加权，再取大多数通道共同的模式。"},
      .departures = {"Each channel’s mean is taken off first; the sign makes the largest absolute "
                     "value positive.",
                     "先减去每个通道的均值；符号取使绝对值最大处为正。"},
      .equation = "L = M v₁,  M = G ⊙ A",
      .citation = "Muhammad & Yeasin 2020; pytorch-grad-cam",
      .paper = "https://arxiv.org/abs/2008.00299",
      .source = "src/explain/eigen_grad_cam.cpp",
      .class_specific = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(false),
  };
  return kInfo;
}

Result<RawMap> raw_map(const LayerState& state) {
  std::vector<float> product = state.gradient;
  for (size_t i = 0; i < product.size(); ++i) product[i] *= state.activation[i];
  return RawMap{first_component(product, state.pixels(), static_cast<size_t>(state.channels)), {}};
}

MethodRun run(MethodContext context, RunMethod request) {
  return cam_run(info(), std::move(context), std::move(request), raw_map);
}

}  // namespace

const Method kEigenGradCam = {info, run};

}  // namespace convscope
