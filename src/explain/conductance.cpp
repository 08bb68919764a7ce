// Conductance.
//
// Dhamdhere, Sundararajan, Yan 2018, "How Important Is a Neuron?" (arXiv 1805.12233), equation 3:
//   Cond_j = Σ_i (x_i − x′_i) ∫₀¹ ∂S/∂y_j · ∂y_j/∂x_i dα  at  x(α) = x′ + α (x − x′)
//          = ∫ ∂S/∂y_j dy_j,  the integral along the layer's own way y(α),
// which is a sum over points of that way; so is Captum's LayerConductance, whose points are
// Gauss-Legendre's steps + 1 and whose slope is that where a step begins. `rule` offers even steps
// from 0 to 1 with the mean slope of both ends in their place: its sum misses less. Completeness:
// the units of a layer through which everything goes add up to S(x) − S(x′). Cost: a forward and a
// backward pass a point.
#include "explain/attribution.h"
#include "explain/contribution.h"
#include "explain/gradient_program.h"
#include "explain/quadrature.h"

namespace convscope {
namespace {

enum class Rule : uint8_t { kCaptum, kTrapezoid };

ParameterInfo zero_baseline() {
  ParameterInfo out = baseline_parameter();
  out.initial = static_cast<double>(Baseline::kZero);
  return out;
}

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "conductance",
      .title = {"Conductance", "传导度"},
      .intuition =
          {"The picture fades in from a plain one. Whenever a channel changes on the way, "
           "it is credited with what that does to the score. All credits of a layer "
           "together are the score that the picture gained.",
           "图片从一张空白图逐渐显现。途中每当一个通道发生变化，它对分数的影响就记在它名下。"
           "一层所有通道的功劳加起来，就是这张图片得到的分数。"},
      .departures = {"The integral is a sum over a few points, taken as Captum does: the gap says "
                     "what is missing. Paths that go round the layer are not credited to it.",
                     "积分用若干点的和代替，做法与 Captum "
                     "相同：缺口就是差额。绕过这一层的路径不记在它名下。"},
      .equation = "Cond = ∫ ∂S/∂y dy,  y = y(x′ + α(x − x′)), α = 0…1",
      .citation = "Dhamdhere, Sundararajan, Yan 2018, equation 3",
      .paper = "https://arxiv.org/abs/1805.12233",
      .source = "src/explain/conductance.cpp",
      .is_signed = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = {integer_parameter("steps", {"Steps", "步数"},
                                       {"Steps on the way: more make the gap smaller.",
                                        "途中的步数：越多，缺口越小。"},
                                       2, 300, 50),
                     zero_baseline(),
                     choice_parameter(
                         "rule", {"Slope of a step", "每步的斜率"},
                         {"Where on a step the slope is taken. The mean of both ends comes nearer "
                          "to the integral.",
                          "每一步在哪里取斜率。取两端的平均更接近积分。"},
                         {{"at its beginning, as Captum", "起点处，同 Captum"},
                          {"the mean of both ends", "两端的平均"}})},
  };
  return kInfo;
}

std::vector<double> points_of(Rule rule, int32_t steps) {
  if (rule == Rule::kCaptum) return gauss_legendre(steps + 1).points;
  std::vector<double> points;
  for (int32_t i = 0; i <= steps; ++i) points.push_back(double{1} * i / steps);
  return points;
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) {
    return static_cast<int32_t>(parameter_value(info(), request, id));
  };
  const int32_t steps = value("steps");
  const auto rule = static_cast<Rule>(value("rule"));
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  CO_TRY(const Tensor baseline,
         baseline_picture(context, static_cast<Baseline>(value("baseline")), request.seed));
  CO_TRY(Tensor point, context.input.clone());
  const std::span<const float> x = context.input.values(), from = baseline.values();

  const std::vector<double> points = points_of(rule, steps);
  LayerState before;
  std::vector<double> total;
  std::vector<float> units;
  for (int32_t step = 0; step <= steps; ++step) {
    const auto alpha = static_cast<float>(points[static_cast<size_t>(step)]);
    for (size_t i = 0; i < x.size(); ++i) point.values()[i] = from[i] + alpha * (x[i] - from[i]);
    CO_TRY(LayerState now, layer_values(context, *layer, point, request.target, true));
    if (step > 0) {
      for (size_t i = 0; i < total.size(); ++i) {
        const double begins = double{before.gradient[i]},
                     slope =
                         rule == Rule::kCaptum ? begins : (begins + double{now.gradient[i]}) / 2;
        total[i] += slope * (double{now.activation[i]} - double{before.activation[i]});
        units[i] = static_cast<float>(total[i]);
      }
      if (step < steps) co_yield contribution_preview(info(), context, now, units, step, steps);
    } else {
      total.resize(now.activation.size());
      units.resize(now.activation.size());
    }
    before = std::move(now);
  }

  CO_TRY(Score score, Score::of(context, request.target));
  CO_TRY(const double here, score.at(context.input));
  CO_TRY(const double there, score.at(baseline));
  MethodPreview out = contribution_preview(info(), context, before, units, steps, steps);
  const double gap = out.figures[0].value - (here - there);
  out.figures.insert(
      out.figures.begin(),
      {score_figure(here), {{"Score of the compared picture", "对照图片的分数"}, there, ""}});
  out.figures.insert(out.figures.begin() + 3, Figure{{"Completeness gap", "完备性缺口"}, gap, ""});
  out.attribution = units_of(before, units);
  co_return out;
}

}  // namespace

const Method kConductance = {info, run};

}  // namespace convscope
