// Gradient saliency.
//
// Simonyan, Vedaldi, Zisserman 2014, "Deep Inside Convolutional Networks", section 3 (arXiv
// 1312.6034):
//   M(i, j) = max over colour c of |∂S_class / ∂I(i, j, c)|, with S the class score before softmax.
// `colours` chooses another way to make one number of the three; the attribution keeps them.
// Departure: the derivative is with respect to the network's own input (after its preprocessing),
// whose scale differs from 0…255 by the preprocessing's constant. Cost: one forward and one
// backward pass.
#include "explain/gradient_methods.h"

#include "explain/attribution.h"
#include "explain/gradient_program.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "gradient",
      .family = MethodFamily::kExplain,
      .title = {"Gradient saliency", "梯度显著图"},
      .intuition = {"Bright pixels are those whose smallest change would change the score of this "
                    "class most. It is the slope "
                    "of the score at this picture, not a list of what was used.",
                    "亮的像素最敏感：把它们改动一点点，该类别的分数变化最大。它是分数在这张图片处的"
                    "斜率，并不等于网络“用到了什么”。"},
      .departures = {"Taken with respect to the network's input after preprocessing.",
                     "对预处理之后的网络输入求导。"},
      .equation = "M(i,j) = max_c |∂S_class/∂I(i,j,c)|",
      .citation = "Simonyan, Vedaldi, Zisserman 2014, section 3",
      .paper = "https://arxiv.org/abs/1312.6034",
      .source = "src/explain/gradient.cpp",
      .is_signed = false,
      .class_specific = true,
      .parameters = {colours_parameter(Combine::kLargest)},
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(LogitGradient logit, LogitGradient::of(context, request.target));
  CO_TRY(const TensorView gradient, logit.at(context.input));
  MethodPreview out = attribution_preview(info(), request, context.input.shape(),
                                          dense_values(gradient), 1, 1, "∂logit/∂pixel");
  out.figures.push_back(score_figure(logit.score()));
  diagnose_slope(out, context, MapShows::kSlope, logit.score());
  co_return out;
}

}  // namespace

const Method kGradient = {info, run};

}  // namespace convscope
