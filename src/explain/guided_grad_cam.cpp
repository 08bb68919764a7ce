// Guided Grad-CAM.
//
// Selvaraju et al. 2017 (arXiv 1610.02391), section 3.2: guided backpropagation times Grad-CAM, the
// latter enlarged bilinearly. Departures: Grad-CAM is scaled to 0…1 first, which changes only the
// size of the numbers; ReLU6 is treated as ReLU. Cost: one forward and two backward passes.
#include "explain/cam.h"
#include "explain/gradient_methods.h"
#include "explain/rectifier_rules.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "guided_grad_cam",
      .title = {"Guided Grad-CAM", "引导 Grad-CAM"},
      .intuition =
          {"Guided backpropagation draws fine shapes but hardly knows the class; Grad-CAM knows "
           "the class but "
           "not the shapes. Their product keeps the fine shapes where the class’s evidence is.",
           "引导反向传播画得精细却几乎不区分类别；Grad-CAM "
           "区分类别却很粗。两者相乘，只在该类别证据所在处保留精细"
           "的形状。"},
      .departures = {"Grad-CAM is scaled to 0…1 first.", "先把 Grad-CAM 缩放到 0…1。"},
      .equation = "A = guided ⊙ up(L_Grad-CAM)",
      .citation = "Selvaraju et al. 2017, section 3.2",
      .paper = "https://arxiv.org/abs/1610.02391",
      .source = "src/explain/guided_grad_cam.cpp",
      .is_signed = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = {colours_parameter(Combine::kLargest)},
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  CO_TRY(const LayerState state, layer_state(context, *layer, context.input, request.target, true));
  const MethodPreview cam =
      cam_preview(info(), context, state, weighted_sum(state, grad_cam_weights(state)), 1, 1);
  RunMethod from_logit = request;
  from_logit.layer.clear();
  CO_TRY(Projection guided, project(context, from_logit, RectifierRule::kGuided));
  const auto channels = static_cast<size_t>(context.input.shape().channels());
  for (size_t i = 0; i < guided.values.size(); ++i)
    guided.values[i] *= cam.map->values.floats()[i / channels];
  MethodPreview out = projection_preview(info(), request, context, guided);
  // A blank Grad-CAM blanks the product, whatever was sent back.
  if (!cam.diagnosis.en.empty()) out.diagnosis = cam.diagnosis;
  co_return out;
}

}  // namespace

const Method kGuidedGradCam = {info, run};

}  // namespace convscope
