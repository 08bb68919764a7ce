// Random weights: whether a map depends on what the network has learnt.
#include <algorithm>
#include <cmath>

#include "ui/panels/faithfulness_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/chart.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kMethod = "randomisation", kOriginal = "faith.original",
                           kDepth = "faith.depth", kOnTheWay = "faith.way";
constexpr double kStillAlike = 0.7, kChanged = 0.5;

// Layers with weights, the network's output first: the engine counts the same.
std::vector<const LayerInfo*> weighted_layers(const Ui& ui) {
  std::vector<const LayerInfo*> out;
  if (!ui.vm.model) return out;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    if (!layer.minor && layer.parameters > 0) out.push_back(&layer);
  }
  std::ranges::reverse(out);
  return out;
}

const ParameterInfo* parameter(const MethodInfo& info, std::string_view id) {
  const auto found = std::ranges::find(info.parameters, id, &ParameterInfo::id);
  return found != info.parameters.end() ? &*found : nullptr;
}

struct Choice {
  int layers = 0, most = 0;
  bool alone = false;
};
Choice choice_of(const Ui& ui, const MethodInfo& info) {
  Choice out{.most = static_cast<int>(weighted_layers(ui).size())};
  if (const ParameterInfo* layers = parameter(info, "layers"))
    out.layers = std::min(out.most, static_cast<int>(parameter_of(ui.state, info, *layers)));
  if (const ParameterInfo* order = parameter(info, "order"))
    out.alone = parameter_of(ui.state, info, *order) > 0.5;
  return out;
}

RunMethod request(const Ui& ui, int index, int layers, bool alone, bool each) {
  RunMethod out = test_request(ui, index);
  out.method = kMethod;
  out.parameters = {{"method", double(index)},
                    {"layers", double(layers)},
                    {"order", alone ? 1.0 : 0.0},
                    {"each", each ? 1.0 : 0.0}};
  return out;
}

// The map that is looked at first, then all others on the way, which give way to it.
void ask(Ui& ui, int index, const Choice& choice) {
  if (ui.target() < 0) return;
  ui.requests.want(kOriginal, request(ui, index, 0, false, false));
  if (choice.layers > 0)
    ui.requests.want(kDepth, request(ui, index, choice.layers, choice.alone, false));
  if (ui.requests.current(kOriginal) && (choice.layers == 0 || ui.requests.current(kDepth)))
    ui.requests.want(kOnTheWay, request(ui, index, choice.most, choice.alone, true));
}

const MethodSnapshot* shown_depth(const Ui& ui, const Choice& choice) {
  return run_now(ui, choice.layers == 0 ? kOriginal : kDepth);
}

void controls(Ui& ui, const MethodInfo& info, Choice choice) {
  const ParameterInfo *layers = parameter(info, "layers"), *order = parameter(info, "order");
  if (layers == nullptr || order == nullptr) return;
  const std::string names[] = {std::string(ui.tr(S::kFaithCascading)),
                               std::string(ui.tr(S::kFaithIndependent))};
  int index = choice.alone ? 1 : 0;
  if (segments(ui, "faith.order", ui.tr(S::kFaithOrder), names, &index))
    set_parameter(ui.state, info, *order, index);
  space(8);
  double value = choice.layers;
  const std::string words =
      ui.tr(S::kFaithLayersOf, {std::to_string(choice.layers), std::to_string(choice.most)});
  ImGui::BeginGroup();
  if (slider(
          ui, "faith.layers", ui.tr(S::kFaithLayers), &value,
          {.minimum = 0, .maximum = double(std::max(1, choice.most)), .step = 1, .shown = words}))
    set_parameter(ui.state, info, *layers, value);
  ImGui::EndGroup();
}

void one_map(Ui& ui, std::string_view key, std::string_view slot, const std::string& title,
             std::string_view alt, float size, float title_height) {
  const float own = paragraph_height(ui, title, kLabelSize, size);
  space(std::max(0.0f, title_height - own));
  paragraph(ui, title, kLabelSize, ui.theme.ink, size);
  space(4);
  const MethodSnapshot* run = run_now(ui, slot);
  const Picture* seen = seen_picture(ui);
  // What a run for random layers shows before its end is still the trained network's map.
  const bool ready = run != nullptr && (slot == kOriginal || run->result);
  const bool have = ready && run->shown()->map && seen != nullptr;
  if (waiting(ui, slot, have, ImVec2(size, size))) return;
  const Map& map = *run->shown()->map;
  const Colouring colouring = colouring_of_judged(map);
  picture(
      ui, key, *seen, ImVec2(size, size),
      {.alt = alt, .over = &map, .over_colouring = colouring, .over_opacity = ui.state.overlay});
}

void likeness_chart(Ui& ui, const Choice& choice, float size) {
  paragraph(ui, ui.tr(S::kFaithLikeness), kLabelSize, ui.theme.ink, size);
  space(4);
  const MethodSnapshot* run = run_now(ui, kOnTheWay);
  const MethodPreview* shown = run != nullptr ? run->shown() : nullptr;
  if (shown == nullptr || shown->curves.size() != 2) {
    waiting(ui, kOnTheWay, false, ImVec2(size, size * 0.72f));
    return;
  }
  std::vector<ChartLine> lines;
  float least = 0;
  for (size_t i = 0; i < 2; ++i) {
    const Curve& curve = shown->curves[i];
    const std::span ys(curve.ys.floats(), curve.ys.float_count());
    for (const float y : ys) least = std::min(least, y);
    lines.push_back(
        {.label = std::string(ui.tr(i == 0 ? S::kFaithLineSigned : S::kFaithLineAbsolute)),
         .xs = {curve.xs.floats(), curve.xs.float_count()},
         .ys = ys,
         .colour = i == 0 ? ui.theme.accent : ui.theme.ink2,
         .dots = i == 1});
  }
  const auto last = lines[0].ys.empty() ? 0.0 : double(lines[0].ys.back());
  chart(ui, "faith.likeness", lines, ImVec2(size, std::max(150.0f, size * 0.72f)),
        {.x_title = ui.tr(shown->curves[0].x_title),
         .y_title = ui.tr(shown->curves[0].y_title),
         .alt = ui.tr(S::kFaithChartAlt, {plain(ui.tr(S::kFaithLikeness)), "1", fixed(last, 2)}),
         .x_high = float(std::max(2, choice.most)),
         .y_low = least < -0.05f ? -1.0f : 0.0f,
         .mark_x = float(choice.layers)});
}

void verdict(Ui& ui, const MethodPreview& shown) {
  if (shown.figures.size() < 2) return;
  const double as_it_is = shown.figures[0].value, absolute = shown.figures[1].value;
  const double most = std::max(std::abs(as_it_is), std::abs(absolute));
  space(8);
  sentence(ui, ui.tr(S::kFaithCorrelation, {fixed(as_it_is, 2), fixed(absolute, 2)}));
  if (most < kChanged) sentence(ui, ui.tr(S::kFaithChanged));
  if (most > kStillAlike) sentence(ui, ui.tr(S::kFaithStillAlike));
}

}  // namespace

void random_view(Ui& ui, const Judgeable& methods) {
  const MethodInfo* info = ui.vm.method(kMethod);
  if (info == nullptr) return;
  const int index = judged_now(ui, methods);
  controls(ui, *info, choice_of(ui, *info));
  const Choice choice = choice_of(ui, *info);
  ask(ui, index, choice);
  space(12);
  const std::vector<const LayerInfo*> layers = weighted_layers(ui);
  const std::string title = choice.layers == 0
                                ? std::string(ui.tr(S::kFaithNothingRandom))
                                : ui.tr(choice.alone ? S::kFaithRandomisedOne : S::kFaithRandomised,
                                        {layers[static_cast<size_t>(choice.layers - 1)]->name});
  const std::string original(ui.tr(S::kFaithOriginal));
  const std::string alt =
      ui.tr(S::kFaithMapAlt, {ui.tr(methods.title(index)), ui.label(ui.target())});
  Columns columns(ui, 3);
  const float width = columns.width();
  const float height = ui.size == Size::kNarrow
                           ? 0
                           : std::max(paragraph_height(ui, title, kLabelSize, width),
                                      paragraph_height(ui, original, kLabelSize, width));
  columns.begin();
  one_map(ui, "faith.original", kOriginal, original, alt, width, height);
  columns.end();
  columns.begin();
  one_map(ui, "faith.randomised", choice.layers == 0 ? kOriginal : kDepth, title,
          plain(title) + " · " + alt, width, height);
  columns.end();
  columns.begin();
  likeness_chart(ui, choice, width);
  columns.end();
  columns.finish();
  for (const std::string_view slot : {kOriginal, kDepth, kOnTheWay}) {
    if (!ui.requests.stopped(slot) || ui.requests.current(slot)) continue;
    space(8);
    if (button(ui, "faith.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(slot);
    return;
  }
  const MethodSnapshot* run = shown_depth(ui, choice);
  if (run == nullptr || !run->result) return;
  if (diagnosis(ui, *run->result)) return;  // a blank map is no evidence of anything
  if (choice.layers > 0) verdict(ui, *run->shown());
}

void random_inspector(Ui& ui, const Judgeable&) {
  const MethodInfo* info = ui.vm.method(kMethod);
  if (info == nullptr) return;
  const MethodSnapshot* run = shown_depth(ui, choice_of(ui, *info));
  if (run != nullptr && run->result) run_figures(ui, *run->result);
  settings_heading(ui);
  slider(ui, "faith.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
         {.minimum = 0, .maximum = 1, .step = 0.05});
  if (button(ui, "faith.seed", ui.tr(S::kOtherWeights, {std::to_string(ui.state.seed)})))
    ++ui.state.seed;
  space(16);
  method_notes(ui, *info);
}

}  // namespace convscope
