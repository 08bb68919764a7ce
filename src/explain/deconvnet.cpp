// Deconvnet.
//
// Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks" (arXiv 1311.2901):
// a unit is projected back by unpooling with the switches of the forward pass, rectifying, and the
// transposed filters. As backpropagation it differs at the ReLUs alone: each passes max(0, g) of
// what comes from above, whether or not it was on (Springenberg et al. 2015, section 3.4; Captum).
// Departures: ReLU6 is treated as ReLU. Cost: one forward and one backward pass.
#include "explain/attribution.h"
#include "explain/gradient_methods.h"
#include "explain/rectifier_rules.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "deconvnet",
      .title = {"Deconvnet", "反卷积网络"},
      .intuition = {"A unit’s activation is sent back through the network: unpooled to where each "
                    "maximum was, "
                    "rectified, and drawn with the filters themselves. It shows the pattern that "
                    "the unit found.",
                    "把一个单元的激活值沿网络送回：反池化到原来取最大值的位置，经过整流，再用卷积核"
                    "画出来。它显示该单元"
                    "找到的图案。"},
      .departures =
          {"ReLU6 is treated as ReLU. The paper starts from a unit of a layer; from a class’s "
           "logit the "
           "map can be empty.",
           "ReLU6 按 ReLU 处理。论文从某层的一个单元出发；若从类别的 logit 出发，图可能是空的。"},
      .equation = "∂x = max(0, ∂y) at every ReLU",
      .citation = "Zeiler & Fergus 2014",
      .paper = "https://arxiv.org/abs/1311.2901",
      .source = "src/explain/deconvnet.cpp",
      .is_signed = true,
      .takes_layer = true,
      .parameters = projection_parameters(),
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(const Projection found,
         project(context, request, RectifierRule::kDeconvnet, place_of(info(), request)));
  MethodPreview out = projection_preview(info(), request, context, found);
  if (is_blank(*out.map) && found.channel < 0 && rectifiers(context.model.graph) > 0) {
    out.diagnosis = {
        "The map is empty: on the way down from this class’s score a ReLU found nothing positive "
        "to "
        "pass on. Choose a layer to project one of its units instead.",
        "图是空的：从该类别的分数往下，某个 ReLU "
        "处没有任何正的信号可以传递。请改选一个层，投影其中的"
        "一个单元。"};
  }
  co_return out;
}

}  // namespace

const Method kDeconvnet = {info, run};

}  // namespace convscope
