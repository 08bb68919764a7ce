// Gradient saliency.
//
// Simonyan, Vedaldi, Zisserman 2014, "Deep Inside Convolutional Networks", section 3 (arXiv
// 1312.6034):
//   M(i, j) = max over colour c of |∂S_class / ∂I(i, j, c)|, with S the class score before softmax.
// Departure: the derivative is with respect to the network's own input (after its preprocessing),
// whose scale differs from 0…255 by the preprocessing's constant. Cost: one forward and one
// backward pass.
#include "explain/gradient.h"

#include <cmath>

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
      .needs_layer = false,
      .parameters = {},
  };
  return kInfo;
}

// Largest absolute value over colour of each pixel of (1, H, W, C).
std::vector<float> max_abs_over_colour(const TensorView& gradient) {
  const int64_t channels = gradient.shape.channels();
  std::vector<float> out(static_cast<size_t>(gradient.shape.rows()));
  for (size_t row = 0; row < out.size(); ++row) {
    const float* pixel = gradient.data + static_cast<int64_t>(row) * gradient.row_stride;
    for (int64_t c = 0; c < channels; ++c) out[row] = std::max(out[row], std::abs(pixel[c]));
  }
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(Program * program, logit_gradient_program(context.model, context.session,
                                                   context.input.shape(), "plain", {}));
  CO_TRY(Tensor seed, one_hot(program->graph().shape(program->feed(1)), request.target));
  const Tensor feeds[] = {context.input, seed};
  CO_TRY_STATUS(context.session.run(*program, feeds));

  const TensorView gradient = program->view(program->output(0));
  const float score = program->view(program->output(1)).data[request.target];
  const std::vector<float> saliency = max_abs_over_colour(gradient);
  MethodPreview result{.method = "gradient",
                       .step = 1,
                       .steps = 1,
                       .stage = "",
                       .map = {},
                       .picture = {},
                       .figures = {}};
  result.map = make_map(gradient.shape[1], gradient.shape[2], saliency, false, "|∂logit/∂pixel|");
  result.figures.push_back({{"Score (logit) of the class", "该类别的分数（logit）"}, score, ""});
  co_return result;
}

}  // namespace

const Method kGradient = {info, run};

}  // namespace convscope
