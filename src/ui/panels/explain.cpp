// Why this answer? The lenses of methods that explain it by a map: gradients, class activation
// maps, occlusion. They differ in their list of methods alone.
#include <algorithm>
#include <cmath>

#include "ui/panels/explain_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kSlot = "explain", kAgainstSlot = "explain.against";
using Ids = std::span<const std::string_view>;
// Each lens begins with its first one. The plain gradient has a lens of its own.
constexpr std::string_view kGradients[] = {
    "integrated_gradients", "smoothgrad", "input_x_gradient", "guided_backprop",
    "guided_grad_cam",      "deconvnet",  "vargrad"};
constexpr std::string_view kCams[] = {"grad_cam",       "grad_cam_pp", "hires_cam",    "layer_cam",
                                      "xgrad_cam",      "score_cam",   "ablation_cam", "eigen_cam",
                                      "eigen_grad_cam", "cam",         "random_cam"};
constexpr std::string_view kOcclusions[] = {"occlusion"};
constexpr std::string_view kSegmentations[] = {"segmentation"};
// Lenses of their own; here for the rail.
constexpr std::string_view kJudging[] = {"faithfulness"}, kAttacks[] = {"adversarial"};
constexpr size_t kRivals = 8;  // classes that are offered for a comparison

Ids methods_of(std::string_view lens) {
  if (lens == "gradients") return kGradients;
  if (lens == "cam") return kCams;
  if (lens == "occlusion") return kOcclusions;
  if (lens == "segmentation") return kSegmentations;
  if (lens == kContributionPanelId) return kContributionMethods;
  if (lens == "faithfulness") return kJudging;
  if (lens == "adversarial") return kAttacks;
  return {};
}

// The pixel under the pointer; drawn one frame after it was found, so that both pictures agree.
struct Pointer {
  int row = -1, column = -1;
  bool operator==(const Pointer&) const = default;
};
Pointer pointer, next;

bool has_places(const LayerInfo& layer) { return layer.height > 1 && layer.kind != "input"; }

// The layer that a person chose; null: the method's own choice.
const LayerInfo* chosen_layer(const Ui& ui, const MethodInfo& method) {
  const LayerInfo* layer = method.takes_layer ? ui.vm.layer(ui.state.explain_layer) : nullptr;
  return layer != nullptr && has_places(*layer) ? layer : nullptr;
}

const MethodSnapshot* run_of(const Ui& ui, const MethodInfo& method,
                             std::string_view slot = kSlot) {
  const MethodSnapshot* run = ui.vm.run(slot);
  return run != nullptr && run->shown()->method == method.id && run->shown()->map ? run : nullptr;
}

// A cut-out is no amount of anything: two of them have no difference.
bool can_be_compared(const MethodInfo& method) {
  return method.class_specific && method.id != kSegmentations[0];
}

// The class whose map is taken from the target's; -1: none.
int rival(const Ui& ui, const MethodInfo& method) {
  const int against = ui.state.against;
  const bool is_one = ui.vm.model && against < ui.vm.model->classes && against != ui.target();
  return can_be_compared(method) && is_one ? against : -1;
}

void ask(Ui& ui, const MethodInfo& method) {
  const int target = ui.target();
  if (target < 0) return;  // the network has not answered yet
  const LayerInfo* layer = chosen_layer(ui, method);
  RunMethod wanted{.method = method.id,
                   .target = method.class_specific ? target : -1,
                   .layer = layer != nullptr ? layer->name : std::string(),
                   .seed = ui.state.seed,
                   .parameters = parameters_of(ui.state, method)};
  if (projects_unit(method)) aim(ui, layer, &wanted);
  ui.requests.want(kSlot, wanted);
  if (rival(ui, method) < 0) return;
  wanted.target = rival(ui, method);
  ui.requests.want(kAgainstSlot, wanted);
}

// What is shown: the run's map, or what is left of it without the rival's.
struct Shown {
  const Map* map = nullptr;
  bool of_pixels = false;  // single ones, of which a few stand out
  bool waits = false;      // for the rival's
};

// Kept for as long as neither of the two changes, so that its texture is too.
struct Difference {
  const uint8_t *first = nullptr, *second = nullptr;
  Map map;
};
Difference difference;

const Map& difference_of(const Map& a, const Map& b) {
  if (difference.first == a.values.data() && difference.second == b.values.data())
    return difference.map;
  std::vector<float> values(a.values.float_count());
  float most = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = a.values.floats()[i] - b.values.floats()[i];
    most = std::max(most, std::abs(values[i]));
  }
  difference = {a.values.data(), b.values.data(),
                Map{.height = a.height,
                    .width = a.width,
                    .values = Blob::copy_of(values.data(), values.size()),
                    .minimum = -most,
                    .maximum = most,
                    .is_signed = true,
                    .unit = a.unit}};
  return difference.map;
}

Shown shown_of(const Ui& ui, const MethodInfo& method, const MethodSnapshot& run) {
  const MethodPreview& first = *run.shown();
  Shown out{&*first.map, first.attribution.has_value()};
  if (rival(ui, method) < 0) return out;
  const MethodSnapshot* other = run_of(ui, method, kAgainstSlot);
  const bool fits = other != nullptr && ui.requests.current(kAgainstSlot) &&
                    other->shown()->map->width == out.map->width &&
                    other->shown()->map->height == out.map->height;
  if (fits) {
    out.map = &difference_of(*out.map, *other->shown()->map);
  } else {
    out.waits = true;
  }
  return out;
}

void method_chooser(Ui& ui, const MethodInfo& now, Ids ids) {
  std::vector<std::string> titles;
  std::vector<std::string_view> known;
  int index = -1;
  for (const std::string_view id : ids) {
    const MethodInfo* method = ui.vm.method(id);
    if (method == nullptr) continue;
    if (method == &now) index = static_cast<int>(known.size());
    known.push_back(id);
    titles.emplace_back(ui.tr(method->title));
  }
  if (known.size() < 2) return;
  const float width = std::min(260.0f, ImGui::GetContentRegionAvail().x);
  if (dropdown(ui, "explain.method", ui.tr(S::kExplainMethod), titles, &index, width))
    ui.state.method = known[static_cast<size_t>(index)];
}

void layer_chooser_of(Ui& ui, const MethodInfo& method) {
  if (!method.takes_layer || !ui.vm.model) return;
  std::vector<std::string> names;
  std::vector<const LayerInfo*> layers;
  // Where a method needs no layer, none is the first choice.
  if (!method.needs_layer) {
    names.emplace_back(ui.tr(S::kExplainFromScore));
    layers.push_back(nullptr);
  }
  const LayerInfo* now = chosen_layer(ui, method);
  const MethodSnapshot* run = run_of(ui, method);
  if (now == nullptr && method.needs_layer && run != nullptr && run->result)
    now = ui.vm.layer(run->result->layer);
  int index = method.needs_layer ? -1 : 0;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    if (!has_places(layer)) continue;
    if (&layer == now) index = static_cast<int>(names.size());
    names.push_back(layer.name);
    layers.push_back(&layer);
  }
  same_line(170);
  const float width = std::min(200.0f, ImGui::GetContentRegionAvail().x);
  if (dropdown(ui, "explain.layer", ui.tr(S::kLensLayer), names, &index, width)) {
    const LayerInfo* layer = layers[static_cast<size_t>(index)];
    ui.state.explain_layer = layer != nullptr ? layer->name : std::string();
    ui.state.unit_channel = -1;
  }
}

// The classes that the network holds for likely, and the one that was chosen.
void rival_chooser(Ui& ui, const MethodInfo& method) {
  if (!can_be_compared(method) || !ui.vm.model) return;
  std::vector<int> classes = {-1};
  for (const int c : ui.vm.ranking) {
    if (classes.size() > kRivals) break;
    if (c != ui.target()) classes.push_back(c);
  }
  const int now = rival(ui, method);
  if (std::ranges::find(classes, now) == classes.end()) classes.push_back(now);
  std::vector<std::string> names;
  for (const int c : classes) {
    names.push_back(c < 0 ? std::string(ui.tr(S::kExplainOneClass))
                          : ui.tr(S::kExplainLess, {ui.label(c)}));
  }
  int index = static_cast<int>(std::ranges::find(classes, now) - classes.begin());
  same_line(170);
  const float width = std::min(240.0f, ImGui::GetContentRegionAvail().x);
  if (dropdown(ui, "explain.against", ui.tr(S::kExplainAgainst), names, &index, width))
    ui.state.against = classes[static_cast<size_t>(index)];
}

// Maps of single pixels are clipped to a share of them; class activation maps fill 0 … 1 already.
Colouring colouring_of_map(const Ui& ui, const Shown& shown) {
  const Map& map = *shown.map;
  const float most = shown.of_pixels ? value_at_share(map, ui.state.clip)
                                     : std::max(std::abs(map.minimum), std::abs(map.maximum));
  const float high = std::max(most, 1e-20f);
  if (map.is_signed) return {Colours::kSigned, -high, high, ui.state.smooth};
  const Colours colours =
      ui.state.map_colours == Colours::kSigned ? Colours::kMagma : ui.state.map_colours;
  return {colours, 0, high, ui.state.smooth};
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

// A division of the picture: its border, and the part that was cut out.
PictureResult divided(Ui& ui, const MethodPreview& shown, bool over, const PictureOptions& options,
                      ImVec2 room) {
  const Picture* seen = seen_picture(ui);
  if (!over || seen == nullptr) {
    PictureOptions cut = options;
    cut.transparent = true;
    return picture(ui, "explain.map", *shown.picture, room, cut);
  }
  const PictureResult on = picture(ui, "explain.over", *seen, room, options);
  draw_contour(ImGui::GetWindowDrawList(), *shown.map, on.min, on.max);
  return on;
}

void one_map(Ui& ui, const MethodInfo& method, bool over, float size) {
  const MethodSnapshot* run = run_of(ui, method);
  const bool cut_out = run != nullptr && run->shown()->picture;
  paragraph(ui,
            ui.tr(over      ? S::kExplainOver
                  : cut_out ? S::kExplainCutOut
                            : S::kExplainAlone),
            kLabelSize, ui.theme.ink, size);
  space(4);
  const Picture* seen = seen_picture(ui);
  const ImVec2 room(size, size);
  if (over && run == nullptr && seen != nullptr &&
      ui.requests.status(kSlot).progress != Progress::kFailed) {
    seen_or_skeleton(ui, "explain.over", room);
    return;
  }
  if (waiting(ui, kSlot, run != nullptr, room)) return;
  const Shown shown = shown_of(ui, method, *run);
  if (shown.waits && ui.requests.status(kAgainstSlot).progress == Progress::kFailed) {
    waiting(ui, kAgainstSlot, false, room);
    return;
  }
  const Colouring colouring = colouring_of_map(ui, shown);
  const int other = rival(ui, method);
  const std::string alt =
      other < 0 ? ui.tr(S::kExplainAlt, {ui.tr(method.title), ui.label(ui.target())})
                : ui.tr(S::kExplainAltAgainst,
                        {ui.tr(method.title), ui.label(ui.target()), ui.label(other)});
  PictureOptions options{.alt = alt};
  PictureResult on;
  if (cut_out) {
    on = divided(ui, *run->shown(), over, options, room);
  } else if (over && seen != nullptr) {
    options.over = shown.map;
    options.over_colouring = colouring;
    options.over_opacity = ui.state.overlay;
    on = picture(ui, "explain.over", *seen, room, options);
  } else {
    on = map(ui, "explain.map", *shown.map, colouring, room, options);
  }
  if (on.hovered) next = {on.row(shown.map->height), on.column(shown.map->width)};
  mark(*shown.map, on);
  if (projects_unit(method)) draw_unit(ui, *run, on);
  space(6);
  if (over || cut_out) return;
  colour_bar(ui, colouring, double(colouring.low), double(colouring.high), shown.map->unit, size);
  if (other < 0) return;
  paragraph(ui, ui.tr(S::kExplainDifference, {ui.label(ui.target()), ui.label(other)}), kLabelSize,
            ui.theme.ink2, size);
  if (!shown.of_pixels && !run->shown()->map->is_signed)
    paragraph(ui, ui.tr(S::kExplainEachScaled), kStatusSize, ui.theme.ink3, size);
}

void below_the_maps(Ui& ui, const MethodInfo& method) {
  if (ui.requests.stopped(kSlot)) {
    space(8);
    if (button(ui, "explain.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(kSlot);
    return;
  }
  const MethodSnapshot* run = run_of(ui, method);
  if (run == nullptr) return;
  if (projects_unit(method)) unit_words(ui, run);
  const MethodPreview& shown = *run->shown();
  if (!run->result && shown.steps > 1) {
    space(8);
    progress_bar(
        ui, "explain.progress",
        ui.tr(S::kExplainProgress, {std::to_string(shown.step), std::to_string(shown.steps)}),
        double(shown.step) / shown.steps, false);
  }
  if (run->result && !ui.tr(run->result->diagnosis).empty()) {
    space(8);
    paragraph(ui, ui.tr(run->result->diagnosis), kLabelSize, ui.theme.ink2);
  }
  if (shown.picture && run->result) {
    space(8);
    if (button(ui, "explain.save", ui.tr(S::kSavePng))) {
      ui.requests.send(EncodePng{"convscope-" + ui.state.model + "-cut-out.png", *shown.picture});
    }
  }
}

void stage(Ui& ui) {
  next = {};
  const MethodInfo* method = explaining_method(ui);
  const int target = ui.target();
  question(ui, target >= 0 ? ui.tr(S::kExplainQuestion, {ui.label(target)})
                           : std::string(ui.tr(S::kExplainQuestionAny)));
  if (method == nullptr) return;
  ask(ui, *method);
  space(4);
  sentence(ui, ui.tr(method->intuition));
  space(12);
  method_chooser(ui, *method, methods_of(ui.state.lens));
  layer_chooser_of(ui, *method);
  const LayerInfo* layer = projects_unit(*method) ? chosen_layer(ui, *method) : nullptr;
  if (layer != nullptr) unit_chooser(ui, *layer);
  rival_chooser(ui, *method);
  space(12);
  // Channels that are laid out want to be seen too.
  const bool picks = layer != nullptr && ui.state.unit_picking;
  Columns columns(ui, 2,
                  picks ? std::max(180.0f, stage_height(260) - 260) : stage_height(260) - 60);
  for (bool over : {true, false}) {
    columns.begin();
    one_map(ui, *method, over, columns.width());
    columns.end();
  }
  columns.finish();
  below_the_maps(ui, *method);
  if (layer != nullptr) unit_picker(ui, *layer);
  if (next == pointer) return;
  pointer = next;
  ui.want_frame_in(0);
}

// --- inspector -------------------------------------------------------------------------

void under_pointer(Ui& ui, const Map* map) {
  if (map == nullptr || pointer.row < 0 || pointer.row >= map->height ||
      pointer.column >= map->width) {
    section(ui, ui.tr(S::kUnderPointer));
    return paragraph(ui, ui.tr(S::kSaliencyPointHint), kLabelSize, ui.theme.ink3);
  }
  section(ui, ui.tr(S::kUnderPointerPixel,
                    {std::to_string(pointer.row), std::to_string(pointer.column)}));
  number_row(ui, ui.tr(S::kExplainValue),
             significant(double(map->values.floats()[pointer.row * map->width + pointer.column])));
}

// Counts and indices without decimals.
std::string figure_text(const Figure& figure) {
  const bool whole = figure.value == std::round(figure.value) && std::abs(figure.value) < 1e6;
  return whole ? std::to_string(std::lround(figure.value)) : significant(figure.value, 4);
}

void colours_setting(Ui& ui) {
  constexpr Colours kChoices[] = {Colours::kMagma, Colours::kViridis, Colours::kGray};
  const std::string names[] = {"Magma", "Viridis", std::string(ui.tr(S::kGray))};
  int index = static_cast<int>(std::ranges::find(kChoices, ui.state.map_colours) - kChoices);
  if (index == std::size(kChoices)) index = 0;
  if (setting(ui, "explain.colours", ui.tr(S::kColours), names, &index))
    ui.state.map_colours = kChoices[index];
}

void inspector(Ui& ui) {
  const MethodInfo* method = explaining_method(ui);
  if (method == nullptr) return;
  const MethodSnapshot* run = run_of(ui, *method);
  under_pointer(ui, run != nullptr ? shown_of(ui, *method, *run).map : nullptr);
  if (run != nullptr) {
    space(12);
    for (const Figure& figure : run->shown()->figures)
      number_row(ui, ui.tr(figure.title), figure_text(figure) + figure.unit);
    if (run->result)
      number_row(ui, ui.tr(S::kTime),
                 ui.tr(S::kMilliseconds, {significant(double(run->result->micros) / 1000)}));
  }
  if (run != nullptr && method->id == kOcclusions[0])
    covered_place(ui, *method, *run, pointer.row, pointer.column);
  settings_heading(ui);
  const Map* shown = run != nullptr ? shown_of(ui, *method, *run).map : nullptr;
  const bool is_map = run == nullptr || !run->shown()->picture;
  if (is_map) {
    slider(ui, "explain.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
           {.minimum = 0, .maximum = 1, .step = 0.05});
  }
  if (is_map && shown != nullptr && !shown->is_signed) colours_setting(ui);
  if (run != nullptr && run->shown()->attribution) {
    const std::string share = percent(double(ui.state.clip));
    slider(ui, "explain.clip", ui.tr(S::kSaliencyClip), &ui.state.clip,
           {.minimum = 0.9, .maximum = 1, .step = 0.005, .shown = share});
  }
  const bool of_unit = projects_unit(*method);
  const LayerInfo* layer = of_unit ? chosen_layer(ui, *method) : nullptr;
  if (layer != nullptr) unit_settings(ui, *method, *layer);
  if (of_unit) {
    method_parameters(ui, *method, {"row", "column"});
  } else {
    method_parameters(ui, *method);
  }
  space(16);
  method_notes(ui, *method);
}

bool has_any(const Ui& ui, std::string_view lens) {
  return std::ranges::any_of(methods_of(lens),
                             [&](std::string_view id) { return ui.vm.method(id) != nullptr; });
}
bool gradients_available(const Ui& ui) { return has_any(ui, "gradients"); }
bool cam_available(const Ui& ui) { return has_any(ui, "cam"); }
bool occlusion_available(const Ui& ui) { return has_any(ui, "occlusion"); }
bool segmentation_available(const Ui& ui) { return has_any(ui, "segmentation"); }

}  // namespace

const MethodInfo* explaining_method(const Ui& ui) {
  const Ids ids = methods_of(ui.state.lens);
  if (std::ranges::find(ids, ui.state.method) != ids.end()) {
    if (const MethodInfo* method = ui.vm.method(ui.state.method)) return method;
  }
  for (const std::string_view id : ids) {
    if (const MethodInfo* method = ui.vm.method(id)) return method;
  }
  return nullptr;
}

const Panel kGradientsPanel = {"gradients",         Question::kWhy, S::kGradientsTitle,
                               gradients_available, stage,          inspector};
const Panel kCamPanel = {"cam", Question::kWhy, S::kCamTitle, cam_available, stage, inspector};
const Panel kOcclusionPanel = {"occlusion",         Question::kWhy, S::kOcclusionTitle,
                               occlusion_available, stage,          inspector};
const Panel kSegmentationPanel = {"segmentation",         Question::kWhy, S::kSegmentationTitle,
                                  segmentation_available, stage,          inspector};

}  // namespace convscope
