#include "explain/cam.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <limits>
#include <numeric>

#include "explain/gradient_program.h"

namespace convscope {
namespace {

constexpr float kScaleEpsilon = 1e-7f;

std::unexpected<Error> no_picture(const ModelLayer& layer) {
  return fail(ErrorCode::kUnsupported,
              layer.name + " is no picture any more; choose a layer that still has places");
}

// Feeds: input, seed. Outputs: activation, its cotangent, logits.
Result<Program*> layer_gradient_program(const MethodContext& context, const ModelLayer& layer) {
  const Model& model = context.model;
  const Shape input = context.input.shape();
  return context.session.program(
      "layer-gradient " + layer.name + " " + input.text(), [&]() -> Result<ProgramSpec> {
        TRY(auto forward, context.session.graph_at(input, model.logits));
        GraphBuilder builder(*forward);
        const ValueId seed = builder.input("seed", builder.shape(model.logits));
        const ValueId outputs[] = {model.logits}, seeds[] = {seed}, wanted[] = {layer.value};
        TRY(auto cotangents, build_vjp(builder, outputs, seeds, wanted));
        if (!cotangents.contains(layer.value)) {
          return fail(ErrorCode::kUnsupported,
                      "the class scores do not depend on " + layer.name + "; choose another layer");
        }
        const ValueId gradient = cotangents.at(layer.value);
        return ProgramSpec{std::make_shared<const Graph>(std::move(builder).build()),
                           {model.input, seed},
                           {layer.value, gradient, model.logits},
                           {seed}};
      });
}

// Outputs: activation, logits.
Result<Program*> layer_program(const MethodContext& context, const ModelLayer& layer) {
  const Model& model = context.model;
  const Shape input = context.input.shape();
  return context.session.program(
      "layer-and-logits " + layer.name + " " + input.text(), [&]() -> Result<ProgramSpec> {
        TRY(auto forward, context.session.graph_at(input, model.logits));
        return ProgramSpec{forward, {model.input}, {layer.value, model.logits}};
      });
}

// A rows × columns matrix, in double.
struct Matrix {
  std::vector<double> values;
  size_t rows, columns;

  // Which, and its length. Of rows of NaN, one of them.
  std::pair<size_t, double> longest_row() const {
    std::pair<size_t, double> out{0, std::numeric_limits<double>::quiet_NaN()};
    for (size_t r = 0; r < rows; ++r) {
      const double* row = values.data() + r * columns;
      const double length = std::sqrt(std::inner_product(row, row + columns, row, 0.0));
      if (!(length <= out.second)) out = {r, length};
    }
    return out;
  }
  std::vector<double> times(std::span<const double> x) const {
    std::vector<double> y(rows);
    for (size_t r = 0; r < rows; ++r)
      y[r] = std::inner_product(x.begin(), x.end(),
                                values.begin() + static_cast<ptrdiff_t>(r * columns), 0.0);
    return y;
  }
  std::vector<double> transposed_times(std::span<const double> x) const {
    std::vector<double> y(columns);
    for (size_t r = 0; r < rows; ++r) {
      const double* row = values.data() + r * columns;
      for (size_t c = 0; c < columns; ++c) y[c] += row[c] * x[r];
    }
    return y;
  }
};

double normalise(std::vector<double>& x) {
  const double norm = std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
  if (norm > 0) {
    for (double& value : x) value /= norm;
  }
  return norm;
}

// One of pytorch-grad-cam's test-time augmentations.
struct Augmentation {
  bool flipped;
  float factor;
};
constexpr Augmentation kPlain[] = {{false, 1}};
constexpr Augmentation kAugmented[] = {{false, 0.9f}, {false, 1}, {false, 1.1f},
                                       {true, 0.9f},  {true, 1},  {true, 1.1f}};

Result<Tensor> augmented(const Tensor& input, const Augmentation& how) {
  TRY(Tensor out, input.clone());
  const auto width = static_cast<size_t>(input.shape()[2]),
             channels = static_cast<size_t>(input.shape().channels());
  const size_t row = width * channels;
  for (size_t i = 0; i < out.values().size(); ++i) {
    const size_t x = i % row / channels, from = how.flipped ? width - 1 - x : x;
    out.values()[i] = how.factor * input.values()[i / row * row + from * channels + i % channels];
  }
  return out;
}

void flip(std::vector<float>& map, int32_t width) {
  for (auto row = map.begin(); row != map.end(); row += width) std::reverse(row, row + width);
}

std::vector<float> summed(std::span<const float> weighted, size_t pixels, size_t channels) {
  std::vector<float> out(pixels);
  for (size_t p = 0; p < pixels; ++p) {
    const auto row = weighted.subspan(p * channels, channels);
    out[p] = static_cast<float>(std::accumulate(row.begin(), row.end(), 0.0));
  }
  return out;
}

// Rectified, scaled, resized, scaled again. Scaling would blow up the rounding of a constant.
std::vector<float> shown(std::span<const float> raw, int64_t height, int64_t width,
                         const Shape& input) {
  std::vector<float> map(raw.begin(), raw.end());
  if (fault_of(raw, true) == MapFault::kConstant) std::ranges::fill(map, 0.0f);
  for (float& value : map) value = std::isnan(value) ? value : std::max(value, 0.0f);
  scale_to_unit(map);
  map = upsampled(map, height, width, input[1], input[2]);
  scale_to_unit(map);
  return map;
}

Text zero_cam_text(const MethodInfo& info, const Model& model, const LayerState& state) {
  const auto is_zero = [](float x) { return x == 0; };
  if (std::ranges::all_of(state.activation, is_zero)) {
    return {
        "The map is zero everywhere: this layer is silent on this picture. Choose another layer.",
        "整张图都是零：这一层对这张图片没有反应。请换一层。"};
  }
  if (info.class_specific && score_is_held_at_zero(model, state.score)) return held_at_zero_text();
  if (!state.gradient.empty() && std::ranges::all_of(state.gradient, is_zero)) {
    return {
        "The map is zero everywhere: no small change of this layer moves this class’s score on "
        "this picture. Choose a class that the network considers possible, or another layer.",
        "整张图都是零：在这张图片上，这一层的微小变化不影响该类别的分数。请选择网络认为有可能的类别"
        "，或换一层。"};
  }
  return {
      "The map is zero everywhere, though the layer is not silent: its channels weigh nothing "
      "here, cancel out, or are the same at every place. Choose another layer or class.",
      "整张图都是零，尽管这一层有反应：它的通道在这里没有权重、相互抵消，或在每个位置都相同。"
      "请换一层或换一个类别。"};
}

Text constant_cam_text(float value) {
  return {
      std::format("The map is blank: before scaling it has the same value at every place ({:.3g}). "
                  "The evidence lies everywhere alike, so it points to no place. Try an earlier "
                  "layer.",
                  value),
      std::format("图是空白的：缩放前它在每个位置的值都相同（{:.3g}）。证据到处一样，因此没有指出"
                  "任何位置。请换一个更早的层。",
                  value)};
}

// Names no method that would show the same, nor a layer where there is none to choose.
Text negative_cam_text(const MethodInfo& info) {
  if (!info.class_specific) {
    return {
        "The map is blank: with these weights every place of it is negative, and cut at 0. "
        "Another seed gives others.",
        "图是空白的：在这些权重下，图上每处都是负值，在 0 处被截断。换一个种子就是另一组权重。"};
  }
  const Text found = {
      "There is no positive evidence for this class at this layer: no place of the map is "
      "positive. ",
      "在这一层没有支持该类别的证据：图上没有正值。"};
  Text advice = {"Try HiResCAM, or an earlier layer.", "请试试 HiResCAM，或换一个更早的层。"};
  if (info.id == "cam")
    advice = {"Try HiResCAM at an earlier layer.", "请试试 HiResCAM 并选择更早的层。"};
  if (info.id == "hires_cam")
    advice = {"Try an earlier layer, or occlusion, which also shows what speaks against the class.",
              "请换一个更早的层，或试试遮挡：它也显示反对该类别的部分。"};
  return {found.en + advice.en, found.zh + advice.zh};
}

// The mean of the shown maps, each turned back. A single view is left as it is.
class MeanOfViews {
 public:
  explicit MeanOfViews(std::span<const Augmentation> views) : views_(views) {}

  // What there is once the view i has come as far as this.
  MethodPreview with(size_t i, MethodPreview now) {
    if (views_.size() == 1) return now;
    const Augmentation& view = views_[i];
    std::vector<float> map(now.map->values.floats(),
                           now.map->values.floats() + now.map->values.float_count());
    if (view.flipped) flip(map, now.map->width);
    sum_ = of_finished_;
    sum_.resize(map.size());
    for (size_t p = 0; p < map.size(); ++p) sum_[p] += double{map[p]};
    std::ranges::transform(sum_, map.begin(),
                           [&](double s) { return static_cast<float>(s / double(i + 1)); });
    now.map = make_map(now.map->height, now.map->width, map, false, "");
    // The picture itself has the last word on why there is nothing to see, and the figures.
    const bool is_picture = !view.flipped && view.factor == 1;
    if (is_picture) figures_ = now.figures;
    if (is_picture || !picture_diagnosed_) diagnosis_ = now.diagnosis;
    picture_diagnosed_ = picture_diagnosed_ || is_picture;
    now.figures = figures_;
    now.diagnosis = is_blank(*now.map) ? diagnosis_ : diagnose_map(*now.map);
    const auto views = static_cast<int32_t>(views_.size());
    now.step += static_cast<int32_t>(i) * now.steps;
    now.steps *= views;
    return now;
  }
  // The view of the last preview is finished.
  void keep() { of_finished_ = sum_; }

 private:
  std::span<const Augmentation> views_;
  std::vector<double> of_finished_, sum_;
  std::vector<Figure> figures_;
  Text diagnosis_;
  bool picture_diagnosed_ = false;
};

// The map of one view.
MethodRun one_view(const MethodInfo& info, MethodContext context, RunMethod request,
                   ModelLayer layer, RawMapOf raw, bool with_gradient) {
  CO_TRY(const LayerState state,
         layer_state(context, layer, context.input, std::max(request.target, 0), with_gradient));
  CO_TRY(const RawMap made, raw(state));
  const auto channels = static_cast<size_t>(state.channels);
  std::vector<float> map = made.map;
  if (map.empty()) {
    map = is_on(info, request, "eigen_smooth")
              ? first_component(made.weighted, state.pixels(), channels)
              : summed(made.weighted, state.pixels(), channels);
  }
  co_return cam_preview(info, context, state, map, 1, 1);
}

}  // namespace

Result<LayerState> layer_values(const MethodContext& context, const ModelLayer& layer,
                                const Tensor& input, int32_t target, bool with_gradient) {
  const Shape& shape = context.model.graph.shape(layer.value);
  LayerState out{1, shape.rows(), shape.channels(), {}, {}, 0};
  if (shape.rank() == 4) out.height = shape[1], out.width = shape[2];
  if (with_gradient) {
    TRY(Program * program, layer_gradient_program(context, layer));
    TRY(Tensor seed, one_hot(program->graph().shape(program->feed(1)), target));
    const Tensor feeds[] = {input, seed};
    TRY_STATUS(context.session.run(*program, feeds));
    out.activation = dense_values(program->view(program->output(0)));
    out.gradient = dense_values(program->view(program->output(1)));
    out.score = program->view(program->output(2)).data[target];
    return out;
  }
  TRY(Program * program, layer_program(context, layer));
  const Tensor feeds[] = {input};
  TRY_STATUS(context.session.run(*program, feeds));
  out.activation = dense_values(program->view(program->output(0)));
  out.score = program->view(program->output(1)).data[target];
  return out;
}

Result<LayerState> layer_state(const MethodContext& context, const ModelLayer& layer,
                               const Tensor& input, int32_t target, bool with_gradient) {
  const Shape& shape = context.model.graph.shape(layer.value);
  if (shape.rank() != 4 || shape[1] * shape[2] < 2) return no_picture(layer);
  return layer_values(context, layer, input, target, with_gradient);
}

std::vector<float> grad_cam_weights(const LayerState& state) {
  std::vector<double> sum(static_cast<size_t>(state.channels));
  for (size_t i = 0; i < state.gradient.size(); ++i) sum[i % sum.size()] += state.gradient[i];
  std::vector<float> weights(sum.size());
  std::ranges::transform(sum, weights.begin(), [&](double s) {
    return static_cast<float>(s / static_cast<double>(state.pixels()));
  });
  return weights;
}

std::vector<float> weighted_activation(const LayerState& state, std::span<const float> weights) {
  std::vector<float> out(state.activation.size());
  const auto channels = static_cast<size_t>(state.channels);
  for (size_t i = 0; i < out.size(); ++i) out[i] = weights[i % channels] * state.activation[i];
  return out;
}

std::vector<float> weighted_sum(const LayerState& state, std::span<const float> weights) {
  return summed(weighted_activation(state, weights), state.pixels(),
                static_cast<size_t>(state.channels));
}

// Power iteration on the smaller side of the matrix.
std::vector<float> first_component(std::span<const float> matrix, size_t pixels, size_t channels) {
  constexpr int kMostIterations = 2000;
  constexpr double kSettled = 1e-9;
  constexpr double kRounding = 1e-6;  // of the float32 that the values were
  Matrix m{{matrix.begin(), matrix.end()}, pixels, channels};
  const double size = m.longest_row().second;
  for (size_t c = 0; c < channels; ++c) {
    double mean = 0;
    for (size_t p = 0; p < pixels; ++p) mean += m.values[p * channels + c];
    mean /= static_cast<double>(pixels);
    for (size_t p = 0; p < pixels; ++p) m.values[p * channels + c] -= mean;
  }
  // A start that is not orthogonal to the answer, the same every time: the strongest row.
  const auto [strongest, most] = m.longest_row();
  // Where all places are alike, what is left is rounding and no pattern.
  if (most <= kRounding * size) return std::vector<float>(pixels);
  const auto row = m.values.begin() + static_cast<ptrdiff_t>(strongest * channels);
  std::vector<double> v(row, row + static_cast<ptrdiff_t>(channels));
  normalise(v);
  for (int i = 0; i < kMostIterations; ++i) {
    std::vector<double> next = m.transposed_times(m.times(v));
    if (!(normalise(next) > 0)) break;  // nor with a NaN
    double change = 0;
    for (size_t c = 0; c < channels; ++c) change += (next[c] - v[c]) * (next[c] - v[c]);
    v = std::move(next);
    if (change < kSettled * kSettled) break;
  }
  std::vector<float> out(pixels);
  std::ranges::transform(m.times(v), out.begin(), [](double x) { return static_cast<float>(x); });
  const auto [low, high] = std::ranges::minmax(out);
  if (-low > high) {
    for (float& value : out) value = -value;
  }
  return out;
}

std::vector<float> upsampled(std::span<const float> map, int64_t height, int64_t width,
                             int64_t to_height, int64_t to_width, bool align_corners) {
  struct Sample {
    int64_t low, high;
    float share;  // of high
  };
  const auto samples = [&](int64_t from, int64_t to) {
    std::vector<Sample> out;
    for (int64_t i = 0; i < to; ++i) {
      double at = 0;
      if (align_corners) {
        at = to > 1 ? static_cast<double>(i * (from - 1)) / static_cast<double>(to - 1) : 0;
      } else {
        at = (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) -
             0.5;
      }
      at = std::clamp(at, 0.0, static_cast<double>(from - 1));
      const auto low = static_cast<int64_t>(at);
      out.push_back(
          {low, std::min(low + 1, from - 1), static_cast<float>(at - static_cast<double>(low))});
    }
    return out;
  };
  const auto rows = samples(height, to_height), columns = samples(width, to_width);
  std::vector<float> out;
  out.reserve(static_cast<size_t>(to_height * to_width));
  for (const Sample& y : rows) {
    const float *upper = map.data() + y.low * width, *lower = map.data() + y.high * width;
    for (const Sample& x : columns) {
      const float top = upper[x.low] + x.share * (upper[x.high] - upper[x.low]);
      const float bottom = lower[x.low] + x.share * (lower[x.high] - lower[x.low]);
      out.push_back(top + y.share * (bottom - top));
    }
  }
  return out;
}

void scale_to_unit(std::vector<float>& map) {
  const auto [low, high] = std::ranges::minmax(map);
  for (float& value : map) value = (value - low) / (kScaleEpsilon + (high - low));
}

std::vector<ParameterInfo> cam_parameters(bool has_eigen_smooth) {
  std::vector<ParameterInfo> out = {bool_parameter(
      "aug_smooth", {"Average over six views", "对六个视图取平均"},
      {"The mean of the maps of the picture and its mirror image, each at 0.9, 1 and 1.1 times its "
       "contrast. Takes six times as long.",
       "对原图及其镜像、各取 0.9、1、1.1 倍对比度，将所得的图取平均。耗时是六倍。"},
      false)};
  if (has_eigen_smooth) {
    out.push_back(bool_parameter(
        "eigen_smooth", {"First component only", "只取第一主成分"},
        {"The first principal component of the weighted channels in the place of their sum: "
         "less noise.",
         "用加权通道的第一主成分代替它们的和：噪声更少。"},
        false));
  }
  return out;
}

bool is_on(const MethodInfo& info, const RunMethod& request, std::string_view id) {
  return std::ranges::any_of(info.parameters, [&](const auto& p) { return p.id == id; }) &&
         parameter_value(info, request, id) != 0;
}

Text diagnose_cam(const MethodInfo& info, const Model& model, const LayerState& state,
                  std::span<const float> raw) {
  const MapFault fault = fault_of(raw, true);
  if (fault == MapFault::kNone) return {};
  if (fault == MapFault::kNotFinite) return not_finite_text();
  if (fault == MapFault::kZero) return zero_cam_text(info, model, state);
  return raw[0] > 0 ? constant_cam_text(raw[0]) : negative_cam_text(info);
}

MethodPreview cam_preview(const MethodInfo& info, const MethodContext& context,
                          const LayerState& state, std::span<const float> raw, int32_t step,
                          int32_t steps) {
  const Shape& input = context.input.shape();
  const std::vector<float> map = shown(raw, state.height, state.width, input);
  MethodPreview out{.method = info.id, .step = step, .steps = steps};
  out.map = make_map(input[1], input[2], map, false, "");
  const auto [low, high] = std::ranges::minmax(raw);
  if (info.class_specific) out.figures.push_back(score_figure(state.score));
  out.figures.push_back({{"Lowest value before scaling", "缩放前的最小值"}, low, ""});
  out.figures.push_back({{"Highest value before scaling", "缩放前的最大值"}, high, ""});
  out.diagnosis = diagnose_cam(info, context.model, state, raw);
  return out;
}

std::vector<float> weighted_map(const MethodInfo& info, const RunMethod& request,
                                const LayerState& state, std::span<const float> weights) {
  if (!is_on(info, request, "eigen_smooth")) return weighted_sum(state, weights);
  return first_component(weighted_activation(state, weights), state.pixels(),
                         static_cast<size_t>(state.channels));
}

MethodRun over_views(const MethodInfo& info, MethodContext context, RunMethod request,
                     ViewRun view) {
  const std::span<const Augmentation> views =
      is_on(info, request, "aug_smooth") ? std::span<const Augmentation>(kAugmented) : kPlain;
  MeanOfViews mean(views);
  MethodPreview out;
  for (size_t i = 0; i < views.size(); ++i) {
    MethodContext one = context;
    CO_TRY(one.input, augmented(context.input, views[i]));
    MethodRun run = view(std::move(one), request);
    while (run.next()) co_yield mean.with(i, std::move(run.preview()));
    CO_TRY(MethodPreview last, std::move(run.result()));
    out = mean.with(i, std::move(last));
    mean.keep();
    if (i + 1 < views.size()) co_yield std::move(out);
  }
  co_return out;
}

MethodRun cam_run_at(const MethodInfo& info, MethodContext context, RunMethod request,
                     ModelLayer layer, RawMapOf raw, bool with_gradient) {
  return over_views(info, std::move(context), std::move(request),
                    [&info, layer, raw, with_gradient](MethodContext view, RunMethod asked) {
                      return one_view(info, std::move(view), std::move(asked), layer, raw,
                                      with_gradient);
                    });
}

MethodRun cam_run(const MethodInfo& info, MethodContext context, RunMethod request, RawMapOf raw,
                  bool with_gradient) {
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  MethodRun run = cam_run_at(info, std::move(context), std::move(request), *layer, std::move(raw),
                             with_gradient);
  while (run.next()) co_yield std::move(run.preview());
  co_return std::move(run.result());
}

}  // namespace convscope
