// Input × gradient.
//
// Shrikumar, Greenside, Shcherbina, Kundaje 2016, "Not Just a Black Box" (arXiv 1605.01713):
//   A = x ⊙ ∂S_class/∂x, x the network's input after preprocessing.
// For a network without biases whose rectifiers are its only bends, A adds up to S. Cost: one
// forward and one backward pass.
#include "explain/attribution.h"
#include "explain/gradient_methods.h"
#include "explain/gradient_program.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "input_x_gradient",
      .title = {"Input × gradient", "输入 × 梯度"},
      .intuition =
          {"The slope says what a pixel could do; times the pixel’s own value it says what the "
           "pixel does, as long as the network is close to a straight line. Orange pixels add "
           "to the score, blue ones take away.",
           "梯度说明一个像素能起多大作用；乘上像素自身的值，就是它实际起的作用（只要网络在此处"
           "近似线性）。橙色像素提高分数，蓝色像素降低分数。"},
      .departures =
          {"The pixel’s value is the one after preprocessing: a pixel of the mean colour counts "
           "nothing.",
           "像素值取预处理之后的值：与均值同色的像素不计分。"},
      .equation = "A = x ⊙ ∂S_class/∂x",
      .citation = "Shrikumar et al. 2016",
      .paper = "https://arxiv.org/abs/1605.01713",
      .source = "src/explain/input_x_gradient.cpp",
      .is_signed = true,
      .parameters = {colours_parameter(Combine::kSum)},
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(LogitGradient logit, LogitGradient::of(context, request.target));
  CO_TRY(const TensorView gradient, logit.at(context.input));
  std::vector<float> values = dense_values(gradient);
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) sum += values[i] *= context.input.values()[i];
  MethodPreview out =
      attribution_preview(info(), request, context.input.shape(), values, 1, 1, "x·∂logit/∂x");
  out.figures.push_back(score_figure(logit.score()));
  out.figures.push_back({{"Sum of the map", "图中数值之和"}, sum, ""});
  diagnose_slope(out, context, MapShows::kEvidence, logit.score());
  co_return out;
}

}  // namespace

const Method kInputXGradient = {info, run};

}  // namespace convscope
