// Gradient saliency: which pixels is the answer most sensitive to, and was that learned?
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kMethod = "gradient", kTrained = "gradient",
                           kUntrained = "gradient.untrained";
constexpr int kCells = 28;  // a side, in which two maps are compared
constexpr double kHardlyAlike = 0.35, kMuchAlike = 0.7;

// The pixel under the pointer; drawn one frame after it was found, so that all pictures agree.
struct Pointer {
  int row = -1, column = -1;
  bool operator==(const Pointer&) const = default;
};
Pointer pointer, next;

const Map* map_of(const Ui& ui, std::string_view slot) {
  const MethodSnapshot* run = ui.vm.run(slot);
  return run != nullptr && run->shown()->map ? &*run->shown()->map : nullptr;
}

using Cells = std::array<double, kCells * kCells>;
Cells averaged(const Map& map) {
  Cells sum{};
  for (int y = 0; y < map.height; ++y) {
    const float* row = map.values.floats() + y * map.width;
    double* cells = sum.data() + y * kCells / map.height * kCells;
    for (int x = 0; x < map.width; ++x) cells[x * kCells / map.width] += double(row[x]);
  }
  return sum;
}

// Pearson's correlation of two maps, averaged to kCells a side: 1 alike, 0 unrelated.
double alike(const Map& a, const Map& b) {
  const Cells x = averaged(a), y = averaged(b);
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i)
    mx += x[i] / double(x.size()), my += y[i] / double(y.size());
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

void ask(Ui& ui) {
  const int target = ui.target();
  if (target < 0) return;  // the network has not answered yet
  ui.requests.want(kTrained, RunMethod{.method = std::string(kMethod), .target = target});
  if (!ui.state.untrained) return;
  ui.requests.want(kUntrained, RunMethod{.method = std::string(kMethod),
                                         .target = target,
                                         .untrained = true,
                                         .seed = ui.state.seed});
}

void explain(Ui& ui) {
  std::string words(ui.tr(S::kSaliencySentence));
  const Map *trained = map_of(ui, kTrained), *untrained = map_of(ui, kUntrained);
  if (ui.state.untrained && trained != nullptr && untrained != nullptr) {
    const double r = alike(*trained, *untrained);
    const S verdict = r < kHardlyAlike ? S::kSaliencyLearned
                      : r < kMuchAlike ? S::kSaliencyPartly
                                       : S::kSaliencyNotLearned;
    words += (ui.state.language == Language::kChinese ? "" : " ") + ui.tr(verdict, {fixed(r, 2)});
  }
  sentence(ui, words);
}

void mark(const Map& map, const PictureResult& on) {
  if (pointer.row < 0 || map.width <= 0) return;
  const ImVec2 cell((on.max.x - on.min.x) / float(map.width),
                    (on.max.y - on.min.y) / float(map.height));
  const ImVec2 centre(on.min.x + cell.x * (float(pointer.column) + 0.5f),
                      on.min.y + cell.y * (float(pointer.row) + 0.5f));
  const float half = std::max(4.0f, cell.x);
  draw_field(ImGui::GetWindowDrawList(), ImVec2(centre.x - half, centre.y - half),
             ImVec2(centre.x + half, centre.y + half));
}

void find_pixel(const Ui& ui, const PictureResult& on) {
  const Map* map = map_of(ui, kTrained);
  if (map != nullptr && on.hovered) next = {on.row(map->height), on.column(map->width)};
}

// Captions of one row: the longest decides where all pictures begin.
void title(Ui& ui, S text, float width, float height) {
  const float own = paragraph_height(ui, ui.tr(text), kLabelSize, width);
  space(std::max(0.0f, height - own));
  paragraph(ui, ui.tr(text), kLabelSize, ui.theme.ink, width);
  space(4);
}

void photo(Ui& ui, float size, float title_height) {
  title(ui, S::kSaliencyPhoto, size, title_height);
  const PictureResult on = seen_or_skeleton(ui, "saliency.picture", ImVec2(size, size));
  find_pixel(ui, on);
  if (const Map* map = map_of(ui, kTrained); map != nullptr && seen_picture(ui) != nullptr)
    mark(*map, on);
}

void saliency_map(Ui& ui, std::string_view slot, S name, float size, float title_height) {
  title(ui, name, size, title_height);
  const Map* found = map_of(ui, slot);
  if (waiting(ui, slot, found != nullptr, ImVec2(size, size))) return;
  const Colouring colouring{
      Colours::kMagma, 0, std::max(value_at_share(*found, ui.state.clip), 1e-20f), ui.state.smooth};
  const Picture* seen = ui.state.overlaid ? seen_picture(ui) : nullptr;
  const std::string alt = ui.tr(S::kSaliencyAlt, {ui.label(ui.target())});
  const std::string key = "saliency.map." + std::string(slot == kTrained ? "trained" : "untrained");
  const PictureResult on = seen != nullptr
                               ? picture(ui, key, *seen, ImVec2(size, size),
                                         {.alt = alt,
                                          .over = found,
                                          .over_colouring = colouring,
                                          .over_opacity = ui.state.overlay})
                               : map(ui, key, *found, colouring, ImVec2(size, size), {.alt = alt});
  find_pixel(ui, on);
  mark(*found, on);
  space(6);
  colour_bar(ui, colouring, 0, double(colouring.high), found->unit, size);
  if (colouring.high < found->maximum) {
    words_under(ui,
                ui.tr(S::kSaliencyClipped,
                      {percent(1 - double(ui.state.clip)), significant(double(found->maximum))}),
                size);
  }
  const MethodSnapshot* run = ui.vm.run(slot);
  if (run->result && !ui.tr(run->result->diagnosis).empty()) {
    space(4);
    paragraph(ui, ui.tr(run->result->diagnosis), kLabelSize, ui.theme.ink2, size);
  }
}

void stage(Ui& ui) {
  next = {};
  ask(ui);
  const int target = ui.target();
  question(ui, target >= 0 ? ui.tr(S::kSaliencyQuestion, {ui.label(target)})
                           : std::string(ui.tr(S::kSaliencyQuestionAny)));
  space(4);
  explain(ui);
  space(16);
  const bool contrast = ui.state.untrained;
  Columns columns(ui, contrast ? 3 : 2, stage_height(260) - 80);
  const float width = columns.width();
  float titles = 0;
  if (ui.size != Size::kNarrow) {
    for (S text : {S::kSaliencyPhoto, S::kSaliencyTrained, S::kSaliencyUntrained}) {
      if (contrast || text != S::kSaliencyUntrained)
        titles = std::max(titles, paragraph_height(ui, ui.tr(text), kLabelSize, width));
    }
  }
  columns.begin();
  photo(ui, width, titles);
  columns.end();
  columns.begin();
  saliency_map(ui, kTrained, S::kSaliencyTrained, width, titles);
  columns.end();
  if (contrast) {
    columns.begin();
    saliency_map(ui, kUntrained, S::kSaliencyUntrained, width, titles);
    columns.end();
  }
  columns.finish();
  if (next == pointer) return;
  pointer = next;
  ui.want_frame_in(0);
}

// --- inspector -------------------------------------------------------------------------

double value_under(const Map& map) {
  return double(map.values.floats()[pointer.row * map.width + pointer.column]);
}

void under_pointer(Ui& ui) {
  const Map *trained = map_of(ui, kTrained), *untrained = map_of(ui, kUntrained);
  if (trained == nullptr || pointer.row < 0 || pointer.row >= trained->height ||
      pointer.column >= trained->width) {
    section(ui, ui.tr(S::kUnderPointer));
    return paragraph(ui, ui.tr(S::kSaliencyPointHint), kLabelSize, ui.theme.ink3);
  }
  section(ui, ui.tr(S::kUnderPointerPixel,
                    {std::to_string(pointer.row), std::to_string(pointer.column)}));
  formula(ui, "max |∂S / ∂I|", "", "= " + significant(value_under(*trained)));
  space(6);
  paragraph(ui, ui.tr(S::kSaliencyMeaning, {significant(value_under(*trained))}), kLabelSize,
            ui.theme.ink2);
  if (ui.state.untrained && untrained != nullptr && untrained->width == trained->width) {
    space(4);
    number_row(ui, ui.tr(S::kSaliencyUntrainedRow), significant(value_under(*untrained)));
  }
}

void settings(Ui& ui) {
  settings_heading(ui);
  toggle(ui, "saliency.untrained", ui.tr(S::kCompareUntrained), &ui.state.untrained);
  toggle(ui, "saliency.over", ui.tr(S::kOverlaid), &ui.state.overlaid);
  toggle(ui, "saliency.smooth", ui.tr(S::kSmooth), &ui.state.smooth);
  space(6);
  if (ui.state.overlaid)
    slider(ui, "saliency.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
           {.minimum = 0, .maximum = 1, .step = 0.05});
  const std::string share = percent(double(ui.state.clip));
  slider(ui, "saliency.clip", ui.tr(S::kSaliencyClip), &ui.state.clip,
         {.minimum = 0.9, .maximum = 1, .step = 0.005, .shown = share});
  if (!ui.state.untrained) return;
  space(6);
  if (button(ui, "saliency.seed", ui.tr(S::kOtherWeights, {std::to_string(ui.state.seed)})))
    ++ui.state.seed;
}

void inspector(Ui& ui) {
  under_pointer(ui);
  const MethodSnapshot* run = ui.vm.run(kTrained);
  if (run != nullptr) {
    space(12);
    for (const Figure& figure : run->shown()->figures)
      number_row(ui, ui.tr(figure.title), significant(figure.value, 4) + figure.unit);
    if (run->result)
      number_row(ui, ui.tr(S::kTime),
                 ui.tr(S::kMilliseconds, {significant(double(run->result->micros) / 1000)}));
  }
  const Map *trained = map_of(ui, kTrained), *untrained = map_of(ui, kUntrained);
  if (ui.state.untrained && trained != nullptr && untrained != nullptr) {
    number_row(ui, ui.tr(S::kSaliencyAlike), fixed(alike(*trained, *untrained), 2));
  }
  settings(ui);
  space(16);
  if (const MethodInfo* method = ui.vm.method(kMethod)) method_notes(ui, *method);
}

bool available(const Ui& ui) { return ui.vm.method(kMethod) != nullptr; }

}  // namespace

const Panel kSaliencyPanel = {"gradient", Question::kWhy, S::kSaliencyTitle,
                              available,  stage,          inspector};

}  // namespace convscope
