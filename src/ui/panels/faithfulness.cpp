// Do these pictures mean anything? A method's map is put to the test: pixels are taken away in its
// order, weights are replaced by random ones, and methods stand side by side with their figures.
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

constexpr std::string_view kMethod = "faithfulness", kFirst = "grad_cam";

std::span<const float> floats(const Blob& blob) { return {blob.floats(), blob.float_count()}; }

float mean(std::span<const float> values) {
  float sum = 0;
  for (const float value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<float>(values.size());
}

void map_column(Ui& ui, const Judgeable& methods, int index, const MethodSnapshot* run,
                float size) {
  paragraph(ui, ui.tr(S::kFaithMapOver), kLabelSize, ui.theme.ink, size);
  space(4);
  const std::string slot = test_slot(methods, index);
  const Picture* seen = seen_picture(ui);
  const bool have = run != nullptr && run->shown()->map && seen != nullptr;
  if (waiting(ui, slot, have, ImVec2(size, size))) return;
  const Map& map = *run->shown()->map;
  const Colouring colouring = colouring_of_judged(map);
  picture(ui, "faith.map", *seen, ImVec2(size, size),
          {.alt = ui.tr(S::kFaithMapAlt, {ui.tr(methods.title(index)), ui.label(ui.target())}),
           .over = &map,
           .over_colouring = colouring,
           .over_opacity = ui.state.overlay});
  space(6);
  colour_bar(ui, colouring, double(colouring.low), double(colouring.high), map.unit, size);
}

// Two of the curves on one chart; `number` of each stands in the legend.
struct Pair {
  std::string_view key;
  S heading, first, second;
  size_t at;  // of the first curve
  double numbers[2];
  bool dots;
};

void chart_column(Ui& ui, const Pair& pair, const MethodPreview& shown, float size) {
  paragraph(ui, ui.tr(pair.heading), kLabelSize, ui.theme.ink, size);
  space(4);
  const bool done = shown.step == shown.steps;
  std::vector<ChartLine> lines;
  float most = 0;
  std::string alt;
  for (size_t i = 0; i < 2; ++i) {
    const Curve& curve = shown.curves[pair.at + i];
    const auto ys = floats(curve.ys);
    for (const float y : ys) most = std::max(most, y);
    const std::string number =
        done ? fixed(pair.numbers[i], 3) : std::string(ui.tr(S::kFaithUnknown));
    lines.push_back({.label = ui.tr(i == 0 ? pair.first : pair.second, {number}),
                     .xs = floats(curve.xs),
                     .ys = ys,
                     .colour = i == 0 ? ui.theme.accent : ui.theme.ink2,
                     .dots = pair.dots || i == 1});
    if (ys.empty()) continue;
    alt += (alt.empty() ? "" : "; ") +
           ui.tr(S::kFaithChartAlt,
                 {ui.tr(curve.title), fixed(double(ys.front()), 3), fixed(double(ys.back()), 3)});
  }
  const Curve& first = shown.curves[pair.at];
  std::string x_title(ui.tr(first.x_title));
  if (const auto other = ui.tr(shown.curves[pair.at + 1].x_title);
      !other.empty() && other != x_title)
    x_title += " / " + std::string(other);
  chart(ui, pair.key, lines, ImVec2(size, std::max(150.0f, size * 0.72f)),
        {.x_title = x_title,
         .y_title = ui.tr(first.y_title),
         .alt = alt,
         .y_high = axis_end(most),
         .percent = true});
}

void charts(Ui& ui, Columns& columns, const Judgeable& methods, int index,
            const MethodSnapshot* run) {
  const MethodPreview* shown = run != nullptr ? run->shown() : nullptr;
  const bool have = shown != nullptr && shown->curves.size() == 4;
  const bool done = have && run->result && shown->figures.size() >= kMeasures;
  const float size = columns.width();
  for (const bool road : {false, true}) {
    columns.begin();
    if (!have) {
      paragraph(ui, ui.tr(road ? S::kFaithRoad : S::kFaithRemoval), kLabelSize, ui.theme.ink, size);
      space(4);
      if (ui.requests.status(test_slot(methods, index)).progress != Progress::kFailed)
        skeleton(ui, ImVec2(size, size * 0.72f));
    } else if (!road) {
      chart_column(ui,
                   {"faith.removal",
                    S::kFaithRemoval,
                    S::kFaithDeletionLine,
                    S::kFaithInsertionLine,
                    0,
                    {done ? measured(*shown, Measure::kDeletion) : 0,
                     done ? measured(*shown, Measure::kInsertion) : 0},
                    false},
                   *shown, size);
    } else {
      chart_column(
          ui,
          {"faith.road",
           S::kFaithRoad,
           S::kFaithMorfLine,
           S::kFaithLerfLine,
           2,
           {double(mean(floats(shown->curves[2].ys))), double(mean(floats(shown->curves[3].ys)))},
           true},
          *shown, size);
      if (done)
        words_under(ui, ui.tr(S::kFaithRoadResult, {fixed(measured(*shown, Measure::kRoad), 3)}),
                    size);
    }
    columns.end();
  }
}

void confidence_words(Ui& ui, const MethodPreview& shown) {
  space(8);
  const double whole = shown.figures[5].value, masked = shown.figures[6].value;
  sentence(ui, masked > whole
                   ? ui.tr(S::kFaithRaised, {percent(whole), percent(masked)})
                   : ui.tr(S::kFaithDropped, {percent(measured(shown, Measure::kDrop) / 100)}));
}

void curves_view(Ui& ui, const Judgeable& methods, int index) {
  const std::string slot = test_slot(methods, index);
  if (ui.target() >= 0) ui.requests.want(slot, test_request(ui, index));
  const MethodSnapshot* run = run_now(ui, slot);
  Columns columns(ui, 3);
  columns.begin();
  map_column(ui, methods, index, run, columns.width());
  columns.end();
  charts(ui, columns, methods, index, run);
  columns.finish();
  if (ui.requests.stopped(slot) && !ui.requests.current(slot)) {
    space(8);
    if (button(ui, "faith.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(slot);
    return;
  }
  if (run == nullptr) return;
  const MethodPreview& shown = *run->shown();
  if (!run->result && shown.steps > 1) {
    space(8);
    progress_bar(
        ui, "faith.progress",
        ui.tr(S::kExplainProgress, {std::to_string(shown.step), std::to_string(shown.steps)}),
        double(shown.step) / shown.steps, false);
  }
  if (!run->result) return;
  diagnosis(ui, *run->result);
  if (shown.figures.size() > 6) confidence_words(ui, shown);
}

// --- what all views have above them --------------------------------------------------------

void view_chooser(Ui& ui) {
  const std::string names[] = {std::string(ui.tr(S::kFaithCurves)),
                               std::string(ui.tr(S::kFaithRandom)),
                               std::string(ui.tr(S::kFaithCompare))};
  int index = static_cast<int>(ui.state.faith_view);
  if (segments(ui, "faith.view", ui.tr(S::kFaithView), names, &index))
    ui.state.faith_view = static_cast<FaithView>(index);
}

void method_chooser(Ui& ui, const Judgeable& methods, int now) {
  std::vector<std::string> titles;
  for (int i = 0; i < methods.count(); ++i) titles.emplace_back(ui.tr(methods.title(i)));
  int index = now;
  const float width = std::min(240.0f, ImGui::GetContentRegionAvail().x);
  if (dropdown(ui, "faith.method", ui.tr(S::kExplainMethod), titles, &index, width))
    ui.state.method = methods.id(index);
}

void layer_chooser_of_maps(Ui& ui, std::string_view slot) {
  std::vector<std::string> names;
  const MethodSnapshot* run = ui.vm.run(slot);
  const std::string now = !ui.state.explain_layer.empty() ? ui.state.explain_layer
                          : run != nullptr && run->result ? run->result->layer
                                                          : std::string();
  int index = -1;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    if (layer.height <= 1 || layer.kind == "input") continue;
    if (layer.name == now) index = static_cast<int>(names.size());
    names.push_back(layer.name);
  }
  same_line(170);
  const float width = std::min(200.0f, ImGui::GetContentRegionAvail().x);
  if (dropdown(ui, "faith.layer", ui.tr(S::kLensLayer), names, &index, width))
    ui.state.explain_layer = names[static_cast<size_t>(index)];
}

void stage(Ui& ui) {
  question(ui, ui.tr(S::kFaithQuestion));
  space(4);
  const Judgeable methods = judgeable(ui);
  if (methods.count() == 0) return;
  const FaithView view = ui.state.faith_view;
  const std::string about = ui.target() >= 0 ? ui.label(ui.target()) : std::string("…");
  sentence(ui, view == FaithView::kCurves   ? ui.tr(S::kFaithCurvesSentence, {about})
               : view == FaithView::kRandom ? std::string(ui.tr(S::kFaithRandomSentence))
                                            : std::string(ui.tr(S::kFaithCompareSentence)));
  space(12);
  view_chooser(ui);
  space(10);
  const int now = judged_now(ui, methods);
  if (view == FaithView::kCompare) return compare_view(ui, methods);
  method_chooser(ui, methods, now);
  if (ui.vm.model) layer_chooser_of_maps(ui, test_slot(methods, now));
  space(12);
  view == FaithView::kCurves ? curves_view(ui, methods, now) : random_view(ui, methods);
}

void inspector(Ui& ui) {
  const Judgeable methods = judgeable(ui);
  if (methods.count() == 0) return;
  if (ui.state.faith_view == FaithView::kRandom) return random_inspector(ui, methods);
  const MethodInfo& info = *ui.vm.method(kMethod);
  const std::string slot = test_slot(methods, judged_now(ui, methods));
  const MethodSnapshot* run = run_now(ui, slot);
  if (ui.state.faith_view == FaithView::kCurves && run != nullptr && run->result)
    run_figures(ui, *run->result);
  settings_heading(ui);
  slider(ui, "faith.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
         {.minimum = 0, .maximum = 1, .step = 0.05});
  method_parameters(ui, info, {"method"});
  space(16);
  method_notes(ui, info);
}

bool available(const Ui& ui) { return judgeable(ui).count() > 0; }

}  // namespace

int Judgeable::find(std::string_view wanted) const {
  for (int i = 0; i < count(); ++i) {
    if (id(i) == wanted) return i;
  }
  return -1;
}

Judgeable judgeable(const Ui& ui) {
  const MethodInfo* info = ui.vm.method(kMethod);
  if (info == nullptr) return {};
  for (const ParameterInfo& p : info->parameters) {
    if (p.id == "method" && p.choice_ids.size() == p.choices.size())
      return {&p.choice_ids, &p.choices};
  }
  return {};
}

int judged_now(const Ui& ui, const Judgeable& methods) {
  const int chosen = methods.find(ui.state.method);
  return chosen >= 0 ? chosen : std::max(0, methods.find(kFirst));
}

std::string test_slot(const Judgeable& methods, int index) {
  return "faith.test." + methods.id(index);
}

RunMethod test_request(const Ui& ui, int index) {
  const MethodInfo& info = *ui.vm.method(kMethod);
  const LayerInfo* layer = ui.vm.layer(ui.state.explain_layer);
  RunMethod out{.method = info.id,
                .target = ui.target(),
                .layer = layer != nullptr && layer->height > 1 ? layer->name : std::string(),
                .seed = ui.state.seed,
                .parameters = parameters_of(ui.state, info)};
  for (ParameterValue& p : out.parameters) {
    if (p.id == "method") p.value = index;
  }
  return out;
}

const MethodSnapshot* run_now(const Ui& ui, std::string_view slot) {
  const MethodSnapshot* run = ui.vm.run(slot);
  const bool is_old = run != nullptr && run->result && !ui.requests.current(slot);
  return is_old ? nullptr : run;
}

double measured(const MethodPreview& test, Measure measure) {
  // The probabilities of the whole and the dimmed picture stand before it.
  const size_t at = static_cast<size_t>(measure) + (measure == Measure::kRandom ? 2 : 0);
  return at < test.figures.size() ? test.figures[at].value : std::nan("");
}

bool is_better(Measure measure, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(b) && !std::isnan(a);
  // A map turned round shows as little of what was learnt as one that stays.
  if (measure == Measure::kRandom) return std::abs(a) < std::abs(b);
  return measure == Measure::kDeletion || measure == Measure::kDrop ? a < b : a > b;
}

std::string measure_text(const Ui& ui, Measure measure, double value) {
  if (std::isnan(value)) return "–";
  if (measure == Measure::kDrop) return percent(value / 100);
  if (measure == Measure::kIncrease) return std::string(ui.tr(value > 0 ? S::kYes : S::kNo));
  return fixed(value, 3);
}

S measure_title(Measure measure) {
  constexpr S kTitles[] = {S::kFaithDeletion, S::kFaithInsertion, S::kFaithRoadShort,
                           S::kFaithDrop,     S::kFaithIncrease,  S::kFaithRandomShort};
  return kTitles[static_cast<size_t>(measure)];
}

void run_figures(Ui& ui, const MethodResult& result) {
  for (const Figure& figure : result.last.figures) {
    const bool whole = figure.value == std::round(figure.value);
    number_row(ui, ui.tr(figure.title),
               (whole ? std::to_string(std::lround(figure.value)) : significant(figure.value, 3)) +
                   figure.unit);
  }
  number_row(ui, ui.tr(S::kTime),
             ui.tr(S::kMilliseconds, {significant(double(result.micros) / 1000)}));
}

bool diagnosis(Ui& ui, const MethodResult& result) {
  const std::string_view words = ui.tr(result.diagnosis);
  if (words.empty()) return false;
  space(8);
  paragraph(ui, words, kLabelSize, ui.theme.ink2);
  return true;
}

Colouring colouring_of_judged(const Map& map) {
  Colouring out = colouring_of(map);
  if (!map.is_signed) out.low = std::min(0.0f, out.low);
  // Single pixels stand out so far that all others would have no colour.
  const float clipped = value_at_share(map, 0.99f);
  if (clipped > 0) out.high = clipped;
  if (map.is_signed) out.low = -out.high;
  return out;
}

const Panel kFaithfulnessPanel = {"faithfulness", Question::kWhy, S::kFaithTitle,
                                  available,      stage,          inspector};

}  // namespace convscope
