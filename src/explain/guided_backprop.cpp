// Guided backpropagation.
//
// Springenberg, Dosovitskiy, Brox, Riedmiller 2015, "Striving for Simplicity: The All Convolutional
// Net" (arXiv 1412.6806): backpropagation in which every ReLU passes max(0, g) where it was on.
// Departures: none; ReLU6 is treated as ReLU. Cost: one forward and one backward pass.
#include "explain/attribution.h"
#include "explain/gradient_methods.h"
#include "explain/rectifier_rules.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "guided_backprop",
      .title = {"Guided backpropagation", "引导反向传播"},
      .intuition = {"On the way back, every ReLU drops what argues against. What arrives is a "
                    "crisp picture of the "
                    "shapes in the photo that feed the answer – and nearly the same picture for "
                    "other classes and "
                    "even for random weights.",
                    "反向传播途中，每个 ReLU "
                    "丢掉所有反对的信号，最后得到照片中支持答案的清晰形状——但换成别的类别"
                    "甚至随机权重，图也差不多。"},
      .departures = {"ReLU6 is treated as ReLU.", "ReLU6 按 ReLU 处理。"},
      .equation = "∂x = max(0, ∂y) · [y > 0] at every ReLU",
      .citation = "Springenberg et al. 2015",
      .paper = "https://arxiv.org/abs/1412.6806",
      .source = "src/explain/guided_backprop.cpp",
      .is_signed = true,
      .takes_layer = true,
      .parameters = projection_parameters(),
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(const Projection found,
         project(context, request, RectifierRule::kGuided, place_of(info(), request)));
  co_return projection_preview(info(), request, context, found);
}

}  // namespace

const Method kGuidedBackprop = {info, run};

}  // namespace convscope
