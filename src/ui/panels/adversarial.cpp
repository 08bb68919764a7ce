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

constexpr std::string_view kSlot = "adversarial", kEachSlot = "adversarial.each",
                           kMethod = "adversarial";
constexpr size_t kOwnFigures = 4;  // those of other explanations follow
constexpr float kRowHeight = 26, kWidest = 520;

// The change with the two maps of one method, or with what every method makes of it: that one stays
// as it is while a person looks at one map after another.
RunMethod request(const Ui& ui, const MethodInfo& info, int judged, bool each) {
  const LayerInfo* layer = ui.vm.layer(ui.state.explain_layer);
  RunMethod out{.method = info.id,
                .target = ui.target(),
                .layer = layer != nullptr && layer->height > 1 ? layer->name : std::string(),
                .seed = ui.state.seed,
                .parameters = parameters_of(ui.state, info)};
  for (ParameterValue& p : out.parameters) {
    if (p.id == "method") p.value = judged;
    if (p.id == "each") p.value = each ? 1 : 0;
  }
  return out;
}

bool is_towards(const Ui& ui, const MethodInfo& info) {
  return std::ranges::any_of(parameters_of(ui.state, info), [](const ParameterValue& p) {
    return p.id == "goal" && p.value != 0;
  });
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

void verdict(Ui& ui, const MethodPreview& shown, bool towards) {
  const int target = ui.target(), first = shown.answers.front().index;
  const bool was_first = ui.vm.first_answer() == target;
  const std::string name = ui.label(target), largest = significant(shown.figures[2].value, 2),
                    before = percent(shown.figures[0].value),
                    after = percent(shown.figures[1].value);
  space(8);
  if (towards && first == target) {
    sentence(ui, was_first ? ui.tr(S::kAdversarialSurer, {largest, name, before, after})
                           : ui.tr(S::kAdversarialReached, {largest, name, after}));
  } else if (towards) {
    sentence(ui, ui.tr(S::kAdversarialMissed, {largest, name, before, after, ui.label(first)}));
  } else if (first == target) {
    sentence(ui, ui.tr(S::kAdversarialHeld, {largest, name}));
  } else if (was_first) {
    sentence(ui, ui.tr(S::kAdversarialFooled, {largest, name, ui.label(first)}));
  } else {
    sentence(ui, ui.tr(S::kAdversarialFell, {largest, name, before, after}));
  }
}

// The method that a figure is about, by the end of its words; -1: none.
int method_of(const Judgeable& methods, const Figure& figure) {
  for (int i = 0; i < methods.count(); ++i) {
    if (figure.title.en.ends_with(": " + methods.title(i).en)) return i;
  }
  return -1;
}

void explanation_row(Ui& ui, const Judgeable& methods, int method, double alike, bool chosen) {
  const std::string title(ui.tr(methods.title(method))), value = fixed(alike, 2);
  const float width = std::min(kWidest, ImGui::GetContentRegionAvail().x);
  const Hit hit = hit_area(ui,
                           {.key = "adversarial.each." + methods.id(method),
                            .role = "button",
                            .label = ui.tr(S::kAdversarialAnswer, {title, value}),
                            .selected = chosen},
                           ImVec2(width, kRowHeight), kSmallRadius);
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (chosen || hit.hovered)
    list->AddRectFilled(hit.min, hit.max, chosen ? ui.theme.accent_soft : ui.theme.hover,
                        kSmallRadius);
  ImFont* font = chosen ? ui.fonts.bold : ui.fonts.text;
  const float y = hit.min.y + (kRowHeight - kLabelSize) / 2 - 1, bar = width * 0.35f, number = 48,
              bar_x = hit.max.x - number - bar, middle = hit.min.y + kRowHeight / 2;
  draw_text(ui, list, ImVec2(hit.min.x + 8, y), font, kLabelSize, ui.theme.ink,
            fitted(ui, font, kLabelSize, title, bar_x - hit.min.x - 16));
  list->AddRectFilled(ImVec2(bar_x, middle - 3), ImVec2(bar_x + bar, middle + 3), ui.theme.track,
                      3);
  list->AddRectFilled(
      ImVec2(bar_x, middle - 3),
      ImVec2(bar_x + std::max(2.0f, bar * static_cast<float>(std::abs(alike))), middle + 3),
      alike < 0 ? ui.theme.ink3 : ui.theme.accent, 3);
  draw_text(ui, list, ImVec2(hit.max.x - 8 - text_width(ui, font, kLabelSize, value), y), font,
            kLabelSize, ui.theme.ink, value);
  if (hit.pressed) ui.state.method = methods.id(method);
}

// First the change itself and its two maps, then what every other explanation makes of it.
void every_explanation(Ui& ui, const MethodInfo& info, const Judgeable& methods, int judged) {
  ui.requests.want(kEachSlot, request(ui, info, 0, true));
  space(20);
  paragraph(ui, ui.tr(S::kAdversarialEach), kLabelSize, ui.theme.ink);
  space(2);
  paragraph(ui, ui.tr(S::kAdversarialEachWhy), kStatusSize, ui.theme.ink3, kWidest);
  space(6);
  const MethodSnapshot* run = run_now(ui, kEachSlot);
  const float width = std::min(kWidest, ImGui::GetContentRegionAvail().x);
  const bool stopped = ui.requests.stopped(kEachSlot) && !ui.requests.current(kEachSlot);
  if (!stopped && waiting(ui, kEachSlot, run != nullptr, ImVec2(width, 4 * kRowHeight))) return;
  if (run != nullptr) {
    ui.mirror.push("adversarial.each", "group", plain(ui.tr(S::kAdversarialEach)));
    const std::vector<Figure>& figures = run->shown()->figures;
    for (size_t i = kOwnFigures; i < figures.size(); ++i) {
      const int method = method_of(methods, figures[i]);
      if (method >= 0) explanation_row(ui, methods, method, figures[i].value, method == judged);
    }
    ui.mirror.pop();
  }
  if (stopped) {
    space(8);
    if (button(ui, "adversarial.each.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(kEachSlot);
  } else if (!run->result && ui.requests.status(kEachSlot).progress == Progress::kRunning) {
    const MethodPreview& shown = *run->shown();
    space(8);
    progress_bar(
        ui, "adversarial.each.progress",
        ui.tr(S::kExplainProgress, {std::to_string(shown.step), std::to_string(shown.steps)}),
        double(shown.step) / std::max(1, shown.steps), false);
  }
}

// What was changed, and the answers before and after.
void change_columns(Ui& ui, const MethodPreview* shown) {
  const auto words = [&](bool changed) {
    return shown != nullptr ? first_answer(ui, changed, *shown) : std::string();
  };
  Columns columns(ui, 3);
  const float size = columns.width();
  columns.begin();
  tile(ui, {"adversarial.before", S::kAdversarialBefore, seen_picture(ui), nullptr, words(false)},
       size);
  columns.end();
  columns.begin();
  if (shown != nullptr && shown->map) {
    change_tile(ui, *shown->map, size);
  } else {
    tile(ui, {"adversarial.change", S::kAdversarialChange, nullptr, nullptr, ""}, size);
  }
  columns.end();
  columns.begin();
  tile(ui,
       {"adversarial.after", S::kAdversarialAfter, shown != nullptr ? &*shown->picture : nullptr,
        nullptr, words(true)},
       size);
  columns.end();
  columns.finish();
}

void map_columns(Ui& ui, const MethodPreview* shown) {
  const bool explained = shown != nullptr && shown->maps.size() == 2;
  const Picture* after = shown != nullptr ? &*shown->picture : nullptr;
  Columns maps(ui, 3);
  for (const bool changed : {false, true}) {
    maps.begin();
    const size_t which = changed ? 1 : 0;
    tile(ui,
         {changed ? "adversarial.map.after" : "adversarial.map.before",
          changed ? S::kAdversarialMapAfter : S::kAdversarialMapBefore,
          explained ? (changed ? after : seen_picture(ui)) : nullptr,
          explained ? &shown->maps[which] : nullptr,
          explained && changed && shown->figures.size() >= kOwnFigures
              ? ui.tr(S::kAdversarialAlike, {fixed(shown->figures[3].value, 2)})
              : std::string()},
         maps.width());
    maps.end();
  }
  maps.finish();
}

void stage(Ui& ui) {
  question(ui, ui.tr(S::kAdversarialQuestion));
  space(4);
  const MethodInfo* info = ui.vm.method(kMethod);
  const bool towards = info != nullptr && ui.target() >= 0 && is_towards(ui, *info);
  sentence(ui, towards ? ui.tr(S::kAdversarialTowards, {ui.label(ui.target())})
                       : std::string(ui.tr(S::kAdversarialSentence)));
  space(12);
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
  if (ui.target() >= 0) ui.requests.want(kSlot, request(ui, *info, judged, false));

  const MethodSnapshot* run = run_now(ui, kSlot);
  const MethodPreview* shown = run != nullptr && run->shown()->picture ? run->shown() : nullptr;
  change_columns(ui, shown);
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
  const bool done = shown != nullptr && run->result;
  if (done && !shown->answers.empty() && shown->figures.size() > 2) verdict(ui, *shown, towards);
  space(16);
  map_columns(ui, shown);
  if (done || ui.vm.run(kEachSlot) != nullptr) every_explanation(ui, *info, methods, judged);
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
  method_parameters(ui, *info, {"method", "each"});
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
