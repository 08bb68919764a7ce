// Gradient × activation of a layer.
//
// Ancona, Ceolini, Öztireli, Gross 2018, "Towards better understanding of gradient-based
// attribution methods for deep neural networks" (arXiv 1711.06104), section 3.1, at a layer in the
// place of the picture, as Captum's LayerGradientXActivation:  U = G ⊙ A,  G = ∂S/∂A. ΣU is the
// derivative of the score by a factor on the whole layer. Where what follows the layer is piecewise
// linear without biases it is the score itself. Departures: none. Cost: one forward pass, and a
// backward pass to the layer.
#include "explain/contribution.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "layer_gradient_x_activation",
      .title = {"Gradient × activation", "梯度 × 激活"},
      .intuition =
          {"How strong a channel is, times how much the score hangs on it: what the score "
           "would lose, at the present slope, if the channel faded away.",
           "通道有多强，乘以分数对它有多敏感：按现在的斜率，若这个通道消失，分数会损失多少。"},
      .departures =
          {"The slope is the one at this picture. Where the network bends on the way to 0, "
           "switching the channel off really gives another number.",
           "用的是这张图片处的斜率。若网络在归零途中有转折，真正关闭通道会得到不同的数。"},
      .equation = "U = ∂S/∂A ⊙ A",
      .citation = "Ancona et al. 2018, section 3.1",
      .paper = "https://arxiv.org/abs/1711.06104",
      .source = "src/explain/layer_gradient_x_activation.cpp",
      .is_signed = true,
      .takes_layer = true,
      .needs_layer = true,
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  CO_TRY(const LayerState state,
         layer_values(context, *layer, context.input, request.target, true));
  std::vector<float> units = state.activation;
  for (size_t i = 0; i < units.size(); ++i) units[i] *= state.gradient[i];
  MethodPreview out = contribution_preview(info(), context, state, units, 1, 1);
  out.figures.insert(out.figures.begin(), score_figure(state.score));
  out.attribution = units_of(state, units);
  co_return out;
}

}  // namespace

const Method kLayerGradientXActivation = {info, run};

}  // namespace convscope
