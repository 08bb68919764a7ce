// Counter-examples: the picture changed a little so that the answer changes, and what an
// explanation says of both.
#include <algorithm>
#include <cmath>

#include "ui/panels/faithfulness_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kSlot = "adversarial", kMethod = "adversarial";

RunMethod request(const Ui& ui, const MethodInfo& info, int judged) {
  const LayerInfo* layer = ui.vm.layer(ui.state.explain_layer);
  RunMethod out{.method = info.id,
                .target = ui.target(),
                .layer = layer != nullptr && layer->height > 1 ? layer->name : std::string(),
                .seed = ui.state.seed,
                .parameters = parameters_of(ui.state, info)};
  for (ParameterValue& p : out.parameters) {
    if (p.id == "method") p.value = judged;
  }
  return out;
}

// The most probable class of what is on the left, and of what is on the right.
std::string first_answer(const Ui& ui, bool changed, const MethodPreview& shown) {
  if (changed) {
    if (shown.answers.empty()) return "";
    const ClassAnswer& first = shown.answers.front();
    return ui.tr(S::kAdversarialAnswer,
                 {ui.label(first.index), percent(double(first.probability))});
  }
  return shown.figures.empty() ? std::string()
                               : ui.tr(S::kAdversarialAnswer,
                                       {ui.label(ui.target()), percent(shown.figures[0].value)});
}

// A picture with its title, over it a map where there is one, under it some words.
struct Tile {
  std::string_view key;
  S title;
  const Picture* of = nullptr;
  const Map* over = nullptr;
  std::string words;
};

void tile(Ui& ui, const Tile& t, float size) {
  paragraph(ui, ui.tr(t.title), kLabelSize, ui.theme.ink, size);
  space(4);
  const bool comes = ui.requests.status(kSlot).progress != Progress::kFailed;
  if (t.of == nullptr) {
    if (comes) skeleton(ui, ImVec2(size, size));
    return;
  }
  const std::string alt = plain(ui.tr(t.title)) + (t.words.empty() ? "" : ": " + t.words);
  PictureOptions options{.alt = alt};
  if (t.over != nullptr) {
    options.over = t.over;
    options.over_colouring = colouring_of_judged(*t.over);
    options.over_opacity = ui.state.overlay;
  }
  picture(ui, t.key, *t.of, ImVec2(size, size), options);
  if (!t.words.empty()) words_under(ui, t.words, size);
}

void change_tile(Ui& ui, const Map& change, float size) {
  paragraph(ui, ui.tr(S::kAdversarialChange), kLabelSize, ui.theme.ink, size);
  space(4);
  const float most = std::max({std::abs(change.minimum), std::abs(change.maximum), 1e-3f});
  Colouring colouring = colouring_of(change);
  colouring.low = -most, colouring.high = most;
  const std::string alt = plain(ui.tr(S::kAdversarialChange));
  map(ui, "adversarial.change", change, colouring, ImVec2(size, size), {.alt = alt});
  space(6);
  colour_bar(ui, colouring, double(-most), double(most), change.unit, size);
}

void verdict(Ui& ui, const MethodPreview& shown) {
  const ClassAnswer& first = shown.answers.front();
  space(8);
  const std::string largest = significant(shown.figures[2].value, 2);
  sentence(ui, first.index == ui.target()
                   ? ui.tr(S::kAdversarialHeld, {largest, ui.label(first.index)})
                   : ui.tr(S::kAdversarialFooled,
                           {largest, ui.label(ui.target()), ui.label(first.index)}));
}

void stage(Ui& ui) {
  question(ui, ui.tr(S::kAdversarialQuestion));
  space(4);
  sentence(ui, ui.tr(S::kAdversarialSentence));
  space(12);
  const MethodInfo* info = ui.vm.method(kMethod);
  const Judgeable methods = judgeable(ui);
  if (info == nullptr || methods.count() == 0) return;
  const int judged = judged_now(ui, methods);
  std::vector<std::string> titles;
  for (int i = 0; i < methods.count(); ++i) titles.emplace_back(ui.tr(methods.title(i)));
  int index = judged;
  if (dropdown(ui, "adversarial.method", ui.tr(S::kAdversarialExplained), titles, &index,
               std::min(240.0f, ImGui::GetContentRegionAvail().x)))
    ui.state.method = methods.id(index);
  space(12);
  if (ui.target() >= 0) ui.requests.want(kSlot, request(ui, *info, judged));

  const MethodSnapshot* run = run_now(ui, kSlot);
  const MethodPreview* shown = run != nullptr && run->shown()->picture ? run->shown() : nullptr;
  const Picture* seen = seen_picture(ui);
  const bool explained = shown != nullptr && shown->maps.size() == 2;
  const auto words = [&](bool changed) {
    return shown != nullptr ? first_answer(ui, changed, *shown) : std::string();
  };
  const Picture* after = shown != nullptr ? &*shown->picture : nullptr;
  Columns columns(ui, 3);
  const float size = columns.width();
  columns.begin();
  tile(ui, {"adversarial.before", S::kAdversarialBefore, seen, nullptr, words(false)}, size);
  columns.end();
  columns.begin();
  if (shown != nullptr && shown->map) {
    change_tile(ui, *shown->map, size);
  } else {
    tile(ui, {"adversarial.change", S::kAdversarialChange, nullptr, nullptr, ""}, size);
  }
  columns.end();
  columns.begin();
  tile(ui, {"adversarial.after", S::kAdversarialAfter, after, nullptr, words(true)}, size);
  columns.end();
  columns.finish();

  if (ui.requests.stopped(kSlot) && !ui.requests.current(kSlot)) {
    space(8);
    if (button(ui, "adversarial.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(kSlot);
    return;
  }
  if (shown != nullptr && !run->result) {
    space(8);
    progress_bar(
        ui, "adversarial.progress",
        ui.tr(S::kExplainProgress, {std::to_string(shown->step), std::to_string(shown->steps)}),
        double(shown->step) / shown->steps, false);
  }
  if (run != nullptr && run->result && !shown->answers.empty() && shown->figures.size() > 2)
    verdict(ui, *shown);

  space(16);
  Columns maps(ui, 3);
  for (const bool changed : {false, true}) {
    maps.begin();
    const size_t which = changed ? 1 : 0;
    tile(ui,
         {changed ? "adversarial.map.after" : "adversarial.map.before",
          changed ? S::kAdversarialMapAfter : S::kAdversarialMapBefore,
          explained ? (changed ? after : seen) : nullptr, explained ? &shown->maps[which] : nullptr,
          explained && changed && shown->figures.size() > 3
              ? ui.tr(S::kAdversarialAlike, {fixed(shown->figures[3].value, 2)})
              : std::string()},
         maps.width());
    maps.end();
  }
  maps.finish();
}

void inspector(Ui& ui) {
  const MethodInfo* info = ui.vm.method(kMethod);
  if (info == nullptr) return;
  const MethodSnapshot* run = run_now(ui, kSlot);
  if (run != nullptr && run->result) {
    section(ui, ui.tr(S::kAdversarialAnswers));
    for (const ClassAnswer& answer : run->shown()->answers)
      number_row(ui, ui.label(answer.index), percent(double(answer.probability)));
    space(12);
    run_figures(ui, *run->result);
  }
  settings_heading(ui);
  slider(ui, "adversarial.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
         {.minimum = 0, .maximum = 1, .step = 0.05});
  method_parameters(ui, *info, {"method"});
  space(16);
  method_notes(ui, *info);
}

bool available(const Ui& ui) {
  return ui.vm.method(kMethod) != nullptr && judgeable(ui).count() > 0;
}

}  // namespace

const Panel kAdversarialPanel = {"adversarial", Question::kWhy, S::kAdversarialTitle,
                                 available,     stage,          inspector};

}  // namespace convscope
