#include "golden/explained_picture.h"

#include "engine/suggestions.h"
#include "explain/attribution.h"
#include "explain/gradient_program.h"
#include "explain/registry.h"
#include "imagine/layer_objective.h"

namespace convscope {
namespace {

const Method& method_named(std::string_view id) {
  for (const Method& method : explain_methods()) {
    if (method.info().id == id) return method;
  }
  CHECK(false);
}

double figure(const MethodPreview& preview, std::string_view title) {
  for (const Figure& figure : preview.figures) {
    if (figure.title.en == title) return figure.value;
  }
  ADD_FAILURE() << "no figure " << title;
  return 0;
}

void expect_whole_map(const Npz& npz, const std::string& key, std::span<const float> got,
                      const Tolerances& within) {
  const Matched m = matched(npz, key, got);
  expect_within(m.got, m.want, within.map, key);
  expect_stats(npz, key, got, within.map);
}

// The mean over points of the gradient of the class's logit there.
std::vector<float> mean_gradient(const ExplainedPicture& p, int count,
                                 const std::function<float(int, size_t)>& value_at) {
  const MethodContext context = p.context("gradient");
  auto logit = LogitGradient::of(context, p.class_index());
  Tensor point = *context.input.clone();
  std::vector<double> sum(point.values().size());
  for (int i = 0; i < count; ++i) {
    for (size_t j = 0; j < sum.size(); ++j) point.values()[j] = value_at(i, j);
    const std::vector<float> gradient = dense_values(*logit->at(point));
    for (size_t j = 0; j < sum.size(); ++j) sum[j] += double{gradient[j]};
  }
  std::vector<float> out;
  for (const double value : sum) out.push_back(static_cast<float>(value / count));
  return out;
}

// Every window's fall, from the map in which a pixel has the mean of the windows that cover it.
// Windows are two strides wide: the first pixel of a window's first stride lies in it, in the one
// before, and in the two above those.
std::vector<float> window_falls(std::span<const float> map, const Shape& input, int window,
                                const std::vector<int64_t>& grid) {
  const int64_t stride = window / 2;
  std::vector<double> falls(static_cast<size_t>(grid[0] * grid[1]));
  const auto fall = [&](int64_t y, int64_t x) -> double& {
    return falls[static_cast<size_t>(y * grid[1] + x)];
  };
  for (int64_t y = 0; y < grid[0]; ++y) {
    for (int64_t x = 0; x < grid[1]; ++x) {
      const double covers = (y > 0 ? 2 : 1) * (x > 0 ? 2 : 1);
      double own = covers * double{map[static_cast<size_t>(y * stride * input[2] + x * stride)]};
      if (y > 0) own -= fall(y - 1, x);
      if (x > 0) own -= fall(y, x - 1);
      if (y > 0 && x > 0) own -= fall(y - 1, x - 1);
      fall(y, x) = own;
    }
  }
  return {falls.begin(), falls.end()};
}

}  // namespace

MethodContext ExplainedPicture::context(std::string_view method) const {
  auto out = network->method_context(method, false, 1);
  CHECK(out.has_value());
  if (input) out->input = *input->clone();
  return *std::move(out);
}

MethodPreview ExplainedPicture::result_of(RunMethod request) const {
  const Method& method = method_named(request.method);
  const MethodInfo& info = method.info();
  if (info.needs_layer && request.layer.empty()) request.layer = layer_of(info.id).name;
  request.seed = info.seed;
  request.target = class_index();
  const Status checked = check_request(info, request, network->model());
  EXPECT_TRUE(checked.has_value()) << checked.error().message;
  MethodRun run = method.run(context(info.id), request);
  while (run.next()) {
  }
  EXPECT_TRUE(run.result().has_value()) << run.result().error().message;
  return run.result() ? *run.result() : MethodPreview{};
}

const ModelLayer& ExplainedPicture::layer_of(std::string_view method) const {
  const Model& model = network->model();
  const ModelLayer* found =
      model.find_layer(layer.empty() ? suggested_layer(model, method) : layer);
  CHECK(found != nullptr);
  return *found;
}

LayerState ExplainedPicture::state(std::string_view method, bool with_gradient) const {
  const MethodContext here = context(method);
  return *layer_state(here, layer_of(method), here.input, class_index(), with_gradient);
}

std::vector<float> values_of(const MethodPreview& preview) {
  const Blob& blob = preview.attribution ? preview.attribution->values : preview.map->values;
  return {blob.floats(), blob.floats() + blob.float_count()};
}

std::vector<float> shown_map(std::span<const float> raw, const LayerState& state,
                             const Shape& input) {
  std::vector<float> map;
  for (const float value : raw) map.push_back(std::max(value, 0.0f));
  scale_to_unit(map);
  map = upsampled(map, state.height, state.width, input[1], input[2]);
  scale_to_unit(map);
  return map;
}

Matched matched(const Npz& npz, const std::string& key, std::span<const float> got) {
  if (npz.has(key)) return {{got.begin(), got.end()}, npz.array(key).values};
  Matched out{{}, npz.array(key + ".val").values};
  for (const float i : npz.array(key + ".idx").values)
    out.got.push_back(got[static_cast<size_t>(i)]);
  return out;
}

void expect_stats(const Npz& npz, const std::string& key, std::span<const float> got,
                  double tolerance) {
  if (!npz.has(key + ".stats")) return;  // of small arrays, which are whole
  const std::vector<float> want = npz.array(key + ".stats").values;
  const auto count = static_cast<double>(got.size());
  double sum = 0, squares = 0, spread = 0;
  for (const float value : got) sum += double{value}, squares += double{value} * double{value};
  for (const float value : got) spread += std::pow(double{value} - sum / count, 2);
  const auto [low, high] = std::ranges::minmax(got);
  const double largest = double{std::max(std::abs(want[2]), std::abs(want[3]))};
  EXPECT_NEAR(sum / count, double{want[0]}, tolerance * largest) << key << " mean";
  EXPECT_NEAR(std::sqrt(spread / count), double{want[1]}, tolerance * double{want[1]})
      << key << " standard deviation";
  EXPECT_NEAR(double{low}, double{want[2]}, tolerance * largest) << key << " lowest";
  EXPECT_NEAR(double{high}, double{want[3]}, tolerance * largest) << key << " highest";
  if (want.size() > 4) {
    EXPECT_NEAR(std::sqrt(squares), double{want[4]}, tolerance * double{want[4]}) << key << " norm";
  }
}

void expect_derivative(const Npz& npz, const std::string& key, std::span<const float> got,
                       const Tolerances& within) {
  const Matched m = matched(npz, key, chw_from_hwc(got, 3));
  expect_gradient(m.got, m.want, within.l2, within.cosine, key);
  expect_stats(npz, key, got, within.l2);
}

void expect_activation(const Npz& npz, const std::string& value, const Tensor& got) {
  const std::string key = "act/" + value;
  const Shape& shape = got.shape();
  const auto channels = static_cast<size_t>(shape.channels());
  const std::vector<float> want = npz.array(key + ".shape").values;  // N×C×H×W or N×C
  EXPECT_EQ(static_cast<int64_t>(want[1]), shape.channels()) << key;
  if (want.size() == 4 && shape.rank() == 4) {
    EXPECT_EQ(static_cast<int64_t>(want[2]), shape[1]) << key;
    EXPECT_EQ(static_cast<int64_t>(want[3]), shape[2]) << key;
  }
  const std::vector<float> values = chw_from_hwc(got.values(), channels);
  const Matched m = matched(npz, key, values);
  expect_forward(m.got, m.want, key);
  expect_stats(npz, key, values, 1e-4);
}

void expect_gram(const Npz& npz, const std::string& value, const Tensor& activation) {
  const std::string key = "gram/" + value;
  const std::vector<float> got =
      gram_matrix(activation.values(), static_cast<size_t>(activation.shape().channels()));
  expect_whole_map(npz, key, got, {});
}

void expect_dream(const ExplainedPicture& p, const Npz& npz, const std::string& layer,
                  float standard_deviation, const Tolerances& within) {
  const MethodContext context = p.context("gradient");
  const ModelLayer* found = context.model.find_layer(layer);
  ASSERT_NE(found, nullptr) << layer;
  auto program = mean_square_program(context.model, context.session, *found, context.input.shape());
  ASSERT_TRUE(program.has_value()) << program.error().message;
  Tensor mask = *Tensor::uninitialised((*program)->graph().shape((*program)->feed(1)));
  std::ranges::fill(mask.values(), 1.0f);
  const Tensor feeds[] = {context.input, mask};
  ASSERT_TRUE(context.session.run(**program, feeds).has_value());
  const std::vector<float> gradient = dense_values((*program)->view((*program)->output(0))),
                           activation = dense_values((*program)->view((*program)->output(1)));
  double squares = 0, size = 0;
  for (const float value : activation) squares += double{value} * double{value};
  for (const float value : gradient) size += double{std::abs(value)};
  const double loss = double{npz.array("dream_loss").values[0]};
  EXPECT_NEAR(squares / static_cast<double>(activation.size()), loss, 2e-4 * loss);  // a is squared
  expect_derivative(npz, "dream_grad", gradient, within);

  size = size / static_cast<double>(gradient.size()) + 1e-8;
  const std::vector<float> before = chw_from_hwc(context.input.values(), 3);
  std::vector<float> stepped = chw_from_hwc(gradient, 3);
  for (size_t i = 0; i < stepped.size(); ++i)
    stepped[i] = before[i] + 1.5f / standard_deviation * stepped[i] / static_cast<float>(size);
  expect_stats(npz, "dream_step", stepped, within.l2);
  // The step alone: beside the picture it is small.
  Matched m = matched(npz, "dream_step", stepped);
  const std::vector<float> from = matched(npz, "dream_step", before).got;
  for (size_t i = 0; i < from.size(); ++i) m.got[i] -= from[i], m.want[i] -= from[i];
  expect_gradient(m.got, m.want, within.l2, within.cosine, "dream_step");
}

// The weights are looked at through what they make of the activation; Grad-CAM's one by one.
void expect_cam(const ExplainedPicture& p, const Npz& npz, const std::string& method,
                const std::string& key, const Tolerances& within) {
  const MethodPreview got = p.result_of({.method = method});
  const std::vector<float> map = values_of(got);
  expect_whole_map(npz, key + ".final", map, within);

  const std::vector<float> raw = npz.array(key + ".raw").values;
  const auto [low, high] = std::ranges::minmax(raw);
  const double largest = double{std::max(std::abs(low), std::abs(high))};
  EXPECT_NEAR(figure(got, "Lowest value before scaling"), double{low}, 1e-3 * largest) << key;
  EXPECT_NEAR(figure(got, "Highest value before scaling"), double{high}, 1e-3 * largest) << key;
  const LayerState state = p.state(method, method == "grad_cam");
  expect_within(map, shown_map(raw, state, p.context(method).input.shape()), within.map,
                key + ".raw");
  const std::vector<float> weights = npz.array(key + ".weights").values;
  expect_within(weighted_sum(state, weights), raw, within.map, key + ".weights");
  if (method == "grad_cam") {
    expect_within(grad_cam_weights(state), weights, within.map, key + ".weights, each");
    expect_within(weighted_sum(state, grad_cam_weights(state)), raw, within.map,
                  key + ".raw, each place");
  }
}

void expect_eigen_cam(const ExplainedPicture& p, const Npz& npz, const Tolerances& within) {
  const LayerState state = p.state("eigen_cam", false);
  std::vector<float> component =
      first_component(state.activation, state.pixels(), static_cast<size_t>(state.channels));
  const Shape input = p.context("eigen_cam").input.shape();
  expect_within(values_of(p.result_of({.method = "eigen_cam"})), shown_map(component, state, input),
                1e-5, "eigen_cam of its component");
  const std::vector<float> raw = npz.array("cam/EigenCAM.raw").values;
  if (compare(component, raw).cosine < 0) {
    for (float& value : component) value = -value;
  }
  expect_within(component, raw, within.map, "cam/EigenCAM.raw");
  expect_whole_map(npz, "cam/EigenCAM.final", shown_map(component, state, input), within);
}

void expect_occlusion(const ExplainedPicture& p, const Npz& npz, int window, double baseline,
                      const Tolerances& within) {
  const std::vector<float> map = values_of(p.result_of(
      {.method = "occlusion",
       .parameters = {
           {"window", double(window)}, {"stride", double(window / 2)}, {"baseline", baseline}}}));
  expect_whole_map(npz, "occlusion_map", map, within);
  const GoldenArray falls = npz.array("occlusion_grid");
  expect_within(window_falls(map, p.context("occlusion").input.shape(), window, falls.shape),
                falls.values, 1e-3, "occlusion_grid");
}

void expect_integrated_gradients(const ExplainedPicture& p, const Npz& npz, double baseline,
                                 const Tolerances& within) {
  const MethodPreview got = p.result_of(
      {.method = "integrated_gradients", .parameters = {{"baseline", baseline}, {"steps", 20}}});
  expect_derivative(npz, "ig_gausslegendre20", values_of(got), within);
  const std::vector<float> ends = npz.array("ig_completeness").values;
  const double size = double{std::max(std::abs(ends[0]), std::abs(ends[1]))};
  EXPECT_NEAR(figure(got, "Score (logit) of the class"), double{ends[0]}, 1e-4 * size);
  EXPECT_NEAR(figure(got, "Score of the compared picture"), double{ends[1]}, 1e-4 * size);
}

void expect_riemann_sum(const ExplainedPicture& p, const Npz& npz, float gray,
                        const Tolerances& within) {
  constexpr int kSteps = 32;
  const MethodContext context = p.context("gradient");
  const std::span<const float> x = context.input.values();
  std::vector<float> sum = mean_gradient(p, kSteps, [&](int i, size_t j) {
    return gray + (static_cast<float>(i) + 0.5f) / kSteps * (x[j] - gray);
  });
  for (size_t j = 0; j < sum.size(); ++j) sum[j] *= x[j] - gray;
  expect_derivative(npz, "ig_riemann_middle32", sum, within);
}

void expect_smoothgrad(const ExplainedPicture& p, const Npz& npz, const Npz& common,
                       const Tolerances& within) {
  const GoldenArray noise = common.array("noise_q");  // N×C×H×W
  const float sigma = common.array("sigma").values[0];
  const MethodContext context = p.context("gradient");
  const std::span<const float> x = context.input.values();
  const size_t area = x.size() / 3;
  const std::vector<float> mean =
      mean_gradient(p, static_cast<int>(noise.shape[0]), [&](int i, size_t j) {
        const size_t at = static_cast<size_t>(i) * x.size() + j % 3 * area + j / 3;
        return x[j] + noise.values[at] / 32 * sigma;
      });
  expect_derivative(npz, "smoothgrad4", mean, within);
}

}  // namespace convscope
