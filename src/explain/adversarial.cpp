// Counter-examples: a change too small to see that changes the answer.
//
// FGSM: Goodfellow, Shlens, Szegedy 2015, "Explaining and Harnessing Adversarial Examples" (arXiv
// 1412.6572), section 3:  x′ = x + ε sign(∇ₓ J(x, class)),  J = −log p(class).
// PGD: Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks" (arXiv
// 1706.06083), section 2.1: several such steps of α, each taken back into |x′ − x| ≤ ε. Towards a
// class the sign is turned round. One step is FGSM with α = ε; otherwise α = 2.5 ε / steps, so that
// the border can be reached. Departures: no random start unless asked for, so that a run can be
// repeated; ε counts in steps of a byte and colours stay within a picture's 0…255. Cost: two
// forward passes and a backward one a step, and twice every method whose maps of both pictures are
// compared.
#include "explain/adversarial.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "explain/answers.h"
#include "explain/gradient_program.h"
#include "explain/judged_method.h"
#include "explain/removal.h"
#include "method/diagnosis.h"

namespace convscope {
namespace {

constexpr double kReach = 2.5;  // of all steps together, in ε
// Figures of the change and of the two maps; those of other explanations follow.
constexpr ptrdiff_t kOwnFigures = 4;

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "adversarial",
      .title = {"Counter-example", "对抗样本"},
      .intuition =
          {"Every pixel is moved a little, up or down: the way that hurts the class most, or, "
           "where that is the goal, the way that helps it most. You see no difference; the "
           "network sees another thing.",
           "把每个像素稍微调高或调低：方向是最损害该类别的方向；若目标是接近该类别，则是最有利"
           "于它的方向。你看不出差别，网络却看成了别的东西。"},
      .departures = {"No random start, so that the same change comes out again. ε is counted in "
                     "steps of a byte.",
                     "不用随机起点，因此可以重复得到同样的改动。ε 以字节的一级为单位。"},
      .equation = "x ← clip(x ± α sign(∂ log p(class)/∂x), within ε of the picture)",
      .citation = "Goodfellow, Shlens, Szegedy 2015, section 3; Madry et al. 2018, section 2.1",
      .paper = "https://arxiv.org/abs/1412.6572",
      .source = "src/explain/adversarial.cpp",
      .is_signed = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = {judged_parameter(),
                     number_parameter(
                         "epsilon", {"Most per colour (ε)", "每个颜色最多改变（ε）"},
                         {"How far a colour may move, of 255.", "颜色最多可改变多少（满值 255）。"},
                         0, 32, 2, 0.25),
                     integer_parameter("steps", {"Steps", "步数"},
                                       {"1 is FGSM; more are PGD.", "1 步即 FGSM，多步即 PGD。"}, 1,
                                       100, 10),
                     choice_parameter(
                         "goal", {"Goal", "目标"},
                         {"Make the class less probable, or more.", "降低或提高该类别的概率。"},
                         {{"away from the class", "远离该类别"},
                          {"towards the class", "接近该类别"}}),
                     bool_parameter("random_start", {"Random start", "随机起点"},
                                    {"Begin anywhere within ε, as PGD’s paper does.",
                                     "像 PGD 论文那样，从 ε 范围内任意一点开始。"},
                                    false),
                     bool_parameter("each", {"Every explanation", "每种解释"},
                                    {"Also measures how the map of every quick method changes.",
                                     "也测量每种快速方法的图改变了多少。"},
                                    true)},
  };
  return kInfo;
}

// What p(class) is, and where it grows.
class LogProbability {
 public:
  static Result<LogProbability> of(const MethodContext& context, int32_t target) {
    LogProbability out;
    const Model& model = context.model;
    const Shape& input = context.input.shape();
    TRY(out.answers_, answers_program(context));
    TRY(out.gradient_, logit_gradient_program(model, context.session, input, "plain", {}));
    TRY(out.seed_, Tensor::zeros(out.gradient_->graph().shape(out.gradient_->feed(1))));
    out.session_ = &context.session;
    out.target_ = target;
    return out;
  }

  Status ask(const Tensor& picture) {
    const Tensor feeds[] = {picture};
    return session_->run(*answers_, feeds);
  }
  TensorView logits() const { return answers_->view(answers_->output(0)); }
  TensorView probabilities() const { return answers_->view(answers_->output(1)); }
  double probability() const { return probabilities().data[target_]; }

  // ∂ log p(class) / ∂x, dense, where ask() was: that of its logit less all others' by their
  // probability.
  Result<TensorView> slope(const Tensor& picture) {
    const TensorView p = probabilities();
    for (int64_t c = 0; c < seed_.shape().elements(); ++c)
      seed_.values()[static_cast<size_t>(c)] = (c == target_ ? 1.0f : 0.0f) - p.data[c];
    const Tensor feeds[] = {picture, seed_};
    TRY_STATUS(session_->run(*gradient_, feeds));
    return gradient_->view(gradient_->output(0));
  }

 private:
  Session* session_ = nullptr;
  Program *answers_ = nullptr, *gradient_ = nullptr;
  Tensor seed_;
  int32_t target_ = 0;
};

// The pixels that may be reached: within ε of the picture and of what a picture can hold.
struct Box {
  std::vector<float> lowest, highest;

  Box(const MethodContext& context, float epsilon) {
    const Preprocessing& from = context.model.preprocessing;
    const std::span<const float> x = context.input.values();
    const int64_t channels = context.input.shape().channels();
    for (size_t i = 0; i < x.size(); ++i) {
      const auto c = static_cast<int>(static_cast<int64_t>(i) % channels);
      const float reach = from.step_from_unit(epsilon / 255, c);
      lowest.push_back(std::max(x[i] - reach, from.value_of_byte(0, c)));
      highest.push_back(std::min(x[i] + reach, from.value_of_byte(255, c)));
    }
  }
  float inside(size_t i, float value) const {
    return std::min(std::max(value, lowest[i]), highest[i]);
  }
};

MethodPreview preview_of(const MethodContext& context, const LogProbability& now,
                         const Tensor& picture, double before, int32_t step, int32_t steps) {
  const Preprocessing& from = context.model.preprocessing;
  const Shape& shape = picture.shape();
  const std::span<const float> x = context.input.values();
  const auto channels = static_cast<size_t>(shape.channels());
  std::vector<float> change(x.size() / channels), bytes(x.size());
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    bytes[i] = (picture.values()[i] - x[i]) /
               from.step_from_unit(1.0f / 255, static_cast<int>(i % channels));
    change[i / channels] += bytes[i] / static_cast<float>(channels);
    largest = std::max(largest, std::abs(double{bytes[i]}));
  }
  const Image seen = image_from_network_input(TensorView::of(picture), from);
  MethodPreview out{.method = info().id, .step = step, .steps = steps};
  out.map = make_map(shape[1], shape[2], change, true, "/ 255");
  out.picture = Picture{seen.height, seen.width, Blob(rgba_from_image(seen))};
  if (step == steps && is_blank(*out.map)) {
    out.diagnosis = {
        "The picture is unchanged: no colour may change (ε is 0), or the slope is zero wherever "
        "one may.",
        "图片没有变化：不允许改变任何颜色（ε 为 0），或在允许改变之处斜率都是零。"};
  }
  if (step == steps)
    out.attribution = {static_cast<int32_t>(shape[1]), static_cast<int32_t>(shape[2]),
                       static_cast<int32_t>(channels), Blob::copy_of(bytes.data(), bytes.size())};
  out.answers = first_answers(now.logits(), now.probabilities());
  out.figures = {
      {{"Probability before", "改变前的概率"}, before, ""},
      {{"Probability after", "改变后的概率"}, now.probability(), ""},
      {{"Largest change of a colour (of 255)", "颜色的最大改变（满值 255）"}, largest, ""}};
  return out;
}

// The maps of both pictures, as the result's; shows `so_far` meanwhile.
MethodRun maps_of_both(const MethodContext& before, const MethodContext& after,
                       const Method& method, const RunMethod& request,
                       const MethodPreview& so_far) {
  MethodPreview out;
  for (const MethodContext* context : {&before, &after}) {
    MethodRun judged = method.run(*context, judged_request(method, request));
    while (judged.next()) co_yield MethodPreview(so_far);
    CO_TRY(MethodPreview map, std::move(judged.result()));
    CO_TRY_STATUS(check_judged(map));
    out.maps.push_back(*std::move(map.map));
    if (context == &before) co_yield MethodPreview(so_far);
  }
  co_return out;
}

double likeness(const std::vector<Map>& maps) {
  return rank_correlation(values_of(maps[0]), values_of(maps[1]));
}

// Behind what is said of the change itself, the explanation that changed most first. A flat map
// has no order that could be another one's.
void add_likeness(MethodPreview* out, const Method& method, const std::vector<Map>& maps) {
  ++out->step;
  const auto is_flat = [](const Map& map) { return map.minimum == map.maximum; };
  if (maps.empty() || std::ranges::any_of(maps, is_flat)) return;
  const Text& title = method.info().title;
  out->figures.push_back(
      {{"Rank correlation: " + title.en, "秩相关：" + title.zh}, likeness(maps), ""});
  std::stable_sort(out->figures.begin() + kOwnFigures, out->figures.end(),
                   [](const Figure& a, const Figure& b) { return a.value < b.value; });
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) { return parameter_value(info(), request, id); };
  const auto steps = static_cast<int32_t>(value("steps"));
  const auto epsilon = static_cast<float>(value("epsilon"));
  const double share = steps == 1 ? 1 : kReach / steps;
  const auto stride = static_cast<float>(share) * epsilon;
  const float direction = value("goal") == 0 ? -1.0f : 1.0f;
  const auto methods = value("each") != 0 ? quick_methods() : std::span<const Method* const>();

  CO_TRY(LogProbability p, LogProbability::of(context, request.target));
  const Box box(context, epsilon);
  const int64_t channels = context.input.shape().channels();
  CO_TRY(Tensor picture, context.input.clone());
  CO_TRY_STATUS(p.ask(picture));
  const double before = p.probability();
  const auto shown = [&](int32_t step) {
    MethodPreview out = preview_of(context, p, picture, before, step, steps);
    out.steps += static_cast<int32_t>(methods.size());
    return out;
  };
  co_yield shown(0);
  if (value("random_start") != 0) {
    Rng rng(request.seed, 1);
    for (size_t i = 0; i < box.lowest.size(); ++i)
      picture.values()[i] = box.lowest[i] + rng.uniform() * (box.highest[i] - box.lowest[i]);
    CO_TRY_STATUS(p.ask(picture));
  }
  for (int32_t step = 1; step <= steps; ++step) {
    CO_TRY(const TensorView slope, p.slope(picture));
    for (size_t i = 0; i < box.lowest.size(); ++i) {
      const float g = slope.data[i];
      if (g == 0 || std::isnan(g)) continue;
      const float reach = context.model.preprocessing.step_from_unit(
          stride / 255, static_cast<int>(static_cast<int64_t>(i) % channels));
      picture.values()[i] =
          box.inside(i, picture.values()[i] + direction * (g > 0 ? reach : -reach));
    }
    CO_TRY_STATUS(p.ask(picture));
    if (step < steps) co_yield shown(step);
  }
  MethodPreview out = shown(steps);
  MethodContext changed = context;
  changed.input = picture;
  const Method& chosen = judged_method(info(), request);
  MethodRun both = maps_of_both(context, changed, chosen, request, out);
  while (both.next()) co_yield std::move(both.preview());
  CO_TRY(MethodPreview maps, std::move(both.result()));
  out.maps = std::move(maps.maps);
  out.figures.push_back(
      {{"Rank correlation of the two maps", "两张图的秩相关"}, likeness(out.maps), ""});
  for (const Method* method : methods) {
    co_yield MethodPreview(out);
    if (method == &chosen) {
      add_likeness(&out, *method, out.maps);
      continue;
    }
    MethodRun other = maps_of_both(context, changed, *method, request, out);
    while (other.next()) co_yield std::move(other.preview());
    // What a method cannot explain of this network, it lacks in the list.
    add_likeness(&out, *method, other.result() ? other.result()->maps : std::vector<Map>());
  }
  co_return out;
}

}  // namespace

const Method kAdversarial = {info, run};

}  // namespace convscope
