#include "explain/rectifier_rules.h"

#include <algorithm>

#include "explain/attribution.h"
#include "ops/ops.h"

namespace convscope {
namespace {

constexpr std::string_view kRow = "row", kColumn = "column";

int64_t width_of(const Shape& shape) { return shape.rank() == 4 ? shape[2] : 1; }

bool is_rectifier(const Graph&, const Node& node) {
  const auto range = node.op->clamp_range();
  return range && range->minimum == 0;
}

Result<Cotangents> guided(VjpContext& context) {
  TRY(Cotangents own, context.node.op->vjp(context));
  TRY(own[0], context.emit(make_relu(), {*own[0]}));
  return own;
}

Result<Cotangents> deconvnet(VjpContext& context) {
  TRY(const ValueId dx, context.emit(make_relu(), {context.cotangent()}));
  return Cotangents{dx};
}

// The strongest of the layer's cells at that place, in those channels.
int64_t strongest(const TensorView& activation, const Place& place,
                  std::span<const int32_t> channels) {
  int64_t best = -1;
  float most = 0;
  const int64_t count = activation.shape.channels(), width = width_of(activation.shape);
  for (int64_t at = 0; at < activation.shape.rows(); ++at) {
    if (place.row >= 0 && at / width != place.row) continue;
    if (place.column >= 0 && at % width != place.column) continue;
    for (int64_t c = 0; c < count; ++c) {
      if (!channels.empty() && std::ranges::find(channels, c) == channels.end()) continue;
      const float value = activation.data[at * activation.row_stride + c];
      if (best < 0 || value > most) most = value, best = at * count + c;
    }
  }
  return best;
}

Status check_place(const std::string& layer, std::string_view what, int64_t at, int64_t count) {
  if (at < count) return {};
  return fail(ErrorCode::kInvalidArgument,
              std::string(what) + " " + std::to_string(at) + " does not exist; " + layer + " has " +
                  std::string(what) + "s 0 to " + std::to_string(count - 1));
}

Result<int64_t> unit_of(const MethodContext& context, const RunMethod& request,
                        const ModelLayer& layer, const Place& place) {
  TRY(Program * forward, activation_program(context, layer, context.input.shape()));
  const Tensor feeds[] = {context.input};
  TRY_STATUS(context.session.run(*forward, feeds));
  const TensorView activation = forward->view(layer.value);
  const int64_t width = width_of(activation.shape);
  TRY_STATUS(check_place(layer.name, kRow, place.row, activation.shape.rows() / width));
  TRY_STATUS(check_place(layer.name, kColumn, place.column, width));
  return strongest(activation, place, request.channels);
}

Text blank_projection(const Model& model, const Projection& projection) {
  if (projection.channel < 0 && score_is_held_at_zero(model, projection.score))
    return held_at_zero_text();
  if (projection.channel >= 0 && projection.score == 0) {
    return {
        "The map is empty, and the unit is off on this picture. Choose another channel or layer.",
        "图是空的，该单元对这张图片也没有反应。请换一个通道或另一层。"};
  }
  return {
      "The map is empty: on the way down every path meets a unit that is off, or a ReLU that "
      "found nothing positive to pass on. Choose another class or layer.",
      "图是空的：往下的每条路径都遇到没有反应的单元，或没有正的信号可以传递的 ReLU。请换一个类别或"
      "另一层。"};
}

}  // namespace

VjpRules rules_of(RectifierRule rule) {
  if (rule == RectifierRule::kGuided) return {{"guided", is_rectifier, guided}};
  return {{"deconvnet", is_rectifier, deconvnet}};
}

int64_t rectifiers(const Graph& graph) {
  return std::ranges::count_if(graph.nodes(),
                               [&](const Node& node) { return is_rectifier(graph, node); });
}

std::vector<ParameterInfo> projection_parameters() {
  const auto place = [](std::string_view id, Text title, Text help) {
    return integer_parameter(std::string(id), std::move(title), std::move(help), -1, kMaxImageSide,
                             -1);
  };
  return {colours_parameter(Combine::kLargest),
          place(kRow, {"Row of the unit", "单元的行"},
                {"Of the chosen layer; −1: where the unit is strongest.",
                 "所选层中的行；−1 表示最强处。"}),
          place(kColumn, {"Column of the unit", "单元的列"},
                {"Of the chosen layer; −1: where the unit is strongest.",
                 "所选层中的列；−1 表示最强处。"})};
}

Place place_of(const MethodInfo& info, const RunMethod& request) {
  return {static_cast<int64_t>(parameter_value(info, request, kRow)),
          static_cast<int64_t>(parameter_value(info, request, kColumn))};
}

Result<Projection> project(const MethodContext& context, const RunMethod& request,
                           RectifierRule rule, const Place& place) {
  const Model& model = context.model;
  const ModelLayer* layer = request.layer.empty() ? nullptr : model.find_layer(request.layer);
  const VjpRules rules = rules_of(rule);
  const ValueId from = layer != nullptr ? layer->value : model.logits;
  Projection out;
  int64_t unit = request.target;
  if (layer == nullptr && (place.row >= 0 || place.column >= 0)) {
    return fail(ErrorCode::kInvalidArgument,
                "row and column choose a unit of a layer; choose the layer too");
  }
  if (layer != nullptr) {
    TRY(unit, unit_of(context, request, *layer, place));
    const Shape& shape = model.graph.shape(layer->value);
    out.channel = unit % shape.channels();
    if (shape.rank() == 4) {
      out.row = unit / shape.channels() / shape[2];
      out.column = unit / shape.channels() % shape[2];
    }
  }
  TRY(Program * program, value_gradient_program(model, context.session, from, context.input.shape(),
                                                rules[0].name, rules));
  TRY(Tensor seed, one_hot(program->graph().shape(program->feed(1)), unit));
  const Tensor feeds[] = {context.input, seed};
  TRY_STATUS(context.session.run(*program, feeds));
  out.values = dense_values(program->view(program->output(0)));
  const TensorView value = program->view(program->output(1));
  const int64_t channels = value.shape.channels();
  out.score = value.data[unit / channels * value.row_stride + unit % channels];
  return out;
}

MethodPreview projection_preview(const MethodInfo& info, const RunMethod& request,
                                 const MethodContext& context, const Projection& projection) {
  MethodPreview out = attribution_preview(info, request, context.input.shape(), projection.values,
                                          1, 1, projection.channel < 0 ? "logit" : "activation");
  if (projection.channel < 0) {
    out.figures.push_back(score_figure(projection.score));
  } else {
    out.figures = {{{"Channel", "通道"}, static_cast<double>(projection.channel), ""},
                   {{"Row", "行"}, static_cast<double>(projection.row), ""},
                   {{"Column", "列"}, static_cast<double>(projection.column), ""},
                   {{"Activation of the unit", "该单元的激活值"}, projection.score, ""}};
  }
  if (rectifiers(context.model.graph) == 0) {
    out.diagnosis = {
        "This network has no ReLU, so this is the plain gradient: the rule replaces the "
        "derivative of rectifiers alone.",
        "该网络没有 ReLU，因此这就是普通的梯度：这条规则只替换整流单元的导数。"};
  } else if (is_blank(*out.map)) {
    out.diagnosis = blank_projection(context.model, projection);
  }
  return out;
}

}  // namespace convscope
