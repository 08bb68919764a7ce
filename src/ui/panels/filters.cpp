// Filters: what do its weights look like, and what do they answer on this picture?
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/panels/filters_views.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

// What the pointer is on.
struct Pointer {
  WeightPlace weight;
  int preview = -1;                   // the filter under the pointer in the grid
  int map_row = -1, map_column = -1;  // the cell of the answer
  bool operator==(const Pointer&) const = default;
};
// Everything is drawn for `pointer`, while the parts of this frame find `next`; where they differ
// one more frame follows. So all parts agree, whichever of them the pointer is on.
Pointer pointer, next;

bool has_filters(const LayerInfo& layer) {
  return layer.kernel_height > 0 && !layer.filter_names.empty();
}

// The layer whose activation this convolution computes, so that its receptive field is the
// answer's; null if none is listed.
const LayerInfo* layer_of(const Ui& ui, const Filters& f) {
  const LayerInfo* layer = ui.vm.layer(f.layer);
  if (layer == nullptr || layer->filter_names.size() == 1) return layer;
  if (const LayerInfo* part = ui.vm.layer(f.layer + "/" + f.filter)) return part;
  for (const LayerInfo& other : ui.vm.model->layers) {
    if (other.minor && other.kind == f.filter && other.name.starts_with(f.layer)) return &other;
  }
  return !layer->filter_names.empty() && layer->filter_names.back() == f.filter ? layer : nullptr;
}

std::string kernel_text(const Filters& f) {
  return std::to_string(f.kernel_height) + "×" + std::to_string(f.kernel_width);
}
std::string full_name(const Ui& ui, const Filters& f) {
  const LayerInfo* layer = ui.vm.layer(f.layer);
  return layer != nullptr && layer->filter_names.size() > 1 ? f.layer + " · " + f.filter : f.layer;
}

// The filter to show opened: the one under the pointer while one is pinned, else the pinned one; -1
// if none is.
int opened(const Ui& ui, const Filters& f) {
  if (ui.state.channel < 0 || ui.state.channel >= f.outputs) return -1;
  return pointer.preview >= 0 && pointer.preview < f.outputs ? pointer.preview : ui.state.channel;
}
int opened_input(const Ui& ui, const Filters& f, int output) {
  return output == ui.state.channel && ui.state.input_channel < f.inputs ? ui.state.input_channel
                                                                         : -1;
}

void explain_view(Ui& ui, const FilterView& view) {
  const Filters& f = view.filters();
  if (const int output = opened(ui, f); output >= 0)
    return sentence(ui, ui.tr(S::kFiltersOpened, {std::to_string(output)}));
  const std::string count = std::to_string(f.outputs), kernel = kernel_text(f),
                    inputs = std::to_string(f.inputs);
  const std::string name = full_name(ui, f);
  switch (view.kind()) {
    case FilterKind::kColour:
      return sentence(ui, ui.tr(S::kFiltersColour, {count, name, kernel}));
    case FilterKind::kSingle:
      return sentence(ui, ui.tr(S::kFiltersSingle, {count, name, kernel}));
    case FilterKind::kSlices:
      return sentence(ui, ui.tr(S::kFiltersSlices, {count, name, kernel, inputs}));
    case FilterKind::kPointwise:
      return sentence(ui, ui.tr(S::kFiltersPointwise, {count, name, inputs}));
  }
}

void choosers(Ui& ui, const LayerInfo& layer) {
  layer_chooser(ui, "filters.layer", &layer, has_filters);
  if (layer.filter_names.size() > 1) {
    const auto found =
        std::find(layer.filter_names.begin(), layer.filter_names.end(), ui.state.filter);
    int index = found == layer.filter_names.end()
                    ? 0
                    : static_cast<int>(found - layer.filter_names.begin());
    same_line(120 * float(layer.filter_names.size()), true);
    if (segments(ui, "filters.part", ui.tr(S::kFiltersPart), layer.filter_names, &index)) {
      ui.state.filter = layer.filter_names[static_cast<size_t>(index)];
      ui.state.channel = ui.state.input_channel = -1;
    }
  }
  if (ui.state.channel < 0) return;
  if (button_beside(ui, "filters.close", ui.tr(S::kFiltersAll)))
    ui.state.channel = ui.state.input_channel = -1;
  if (ui.state.input_channel < 0) return;
  if (button_beside(ui, "filters.whole", ui.tr(S::kFiltersWhole))) ui.state.input_channel = -1;
}

// The answer of the opened filter as a signed map.
void answer(Ui& ui, const Filters& f, float size) {
  const bool have = ui.vm.response && ui.vm.response->layer == f.layer;
  if (waiting(ui, "response", have, ImVec2(size, size))) return;
  const FilterResponse& r = *ui.vm.response;
  const Colouring colouring{.colours = Colours::kSigned,
                            .low = colouring_of(r.map).low,
                            .high = colouring_of(r.map).high,
                            .smooth = ui.state.smooth};
  const std::string name = std::to_string(r.output_channel);
  const PictureResult on = map(ui, "filters.answer", r.map, colouring, ImVec2(size, size),
                               {.alt = ui.tr(S::kFiltersAnswerAlt, {name})});
  if (on.hovered) next.map_row = on.row(r.map.height), next.map_column = on.column(r.map.width);
  if (pointer.map_row >= 0 && r.map.width > 0) {
    const float dx = (on.max.x - on.min.x) / float(r.map.width),
                dy = (on.max.y - on.min.y) / float(r.map.height);
    const ImVec2 a(on.min.x + dx * float(pointer.map_column),
                   on.min.y + dy * float(pointer.map_row));
    draw_field(ImGui::GetWindowDrawList(), a,
               ImVec2(a.x + std::max(dx, 3.0f), a.y + std::max(dy, 3.0f)));
  }
  space(6);
  colour_bar(ui, colouring, double(r.map.minimum), double(r.map.maximum), "", size,
             std::to_string(r.map.height) + "×" + std::to_string(r.map.width));
  words_under(ui,
              r.input_channel < 0
                  ? ui.tr(S::kFiltersAnswerWhole)
                  : ui.tr(S::kFiltersAnswerSlice, {std::to_string(r.input_channel)}),
              size);
}

// The picture, with the patch that made the answer under the pointer; over the picture the pointer
// chooses that cell.
void seen(Ui& ui, const Filters& f, float size) {
  const PictureResult on = seen_or_skeleton(ui, "filters.picture", ImVec2(size, size));
  const LayerInfo* layer = layer_of(ui, f);
  const bool matches =
      layer != nullptr && ui.vm.response && ui.vm.response->map.width == layer->width;
  if (matches && on.hovered) cell_at(ui, *layer, on.u, on.v, &next.map_row, &next.map_column);
  if (matches && pointer.map_row >= 0)
    draw_field_on(ui, field_of(*layer, pointer.map_row, pointer.map_column), on.min, on.max);
  space(6);
  words_under(ui, ui.tr(S::kFiltersPicture), size);
}

void opened_filter(Ui& ui, const FilterView& view, int output) {
  const Filters& f = view.filters();
  const int input = opened_input(ui, f, output);
  ui.requests.want("response", GetFilterResponse{f.layer, f.filter, output, input});
  Columns columns(ui, 3, stage_height(220) - 40);
  const float size = columns.width();
  columns.begin();
  next.weight = filter_detail(ui, view, output, size);
  space(6);
  const ImVec2 s = view.span(output);
  colour_bar(
      ui, {Colours::kSigned, -view.range(output), view.range(output)}, double(s.x), double(s.y), "",
      size, ui.tr(view.kind() == FilterKind::kColour ? S::kFiltersGrayIsZero : S::kFiltersWeights));
  words_under(ui, ui.tr(S::kFiltersNumber, {std::to_string(output), full_name(ui, f)}), size);
  columns.end();
  columns.begin();
  seen(ui, f, size);
  columns.end();
  columns.begin();
  answer(ui, f, size);
  columns.end();
  columns.finish();
  space(16);
}

std::vector<int32_t> order_of(const Ui& ui, const Filters& f) {
  if (ui.state.order == Order::kSimilar && f.by_similarity.size() == size_t(f.outputs))
    return f.by_similarity;
  std::vector<int32_t> order(static_cast<size_t>(f.outputs));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// All filters: squares, or rows of slices.
void all_filters(Ui& ui, const FilterView& view) {
  const Filters& f = view.filters();
  const std::vector<int32_t> order = order_of(ui, f);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  WeightPlace under;
  TileGridOptions grid{.count = f.outputs, .label = ui.tr(S::kFiltersTitle)};
  if (view.in_tiles()) {
    grid.gap = 8;
    const float least = ui.state.channel >= 0 ? 40 : 36, most = ui.state.channel >= 0 ? 56 : 150;
    grid.tile_width = grid.tile_height =
        tile_size_for(f.outputs, ImVec2(room.x, stage_height(200)), grid.gap, least, most);
  } else {
    grid.gap = 8;
    grid.tile_width = std::floor(room.x - 2);
    grid.tile_height = view.row_height(grid.tile_width);
  }
  const auto chosen = std::find(order.begin(), order.end(), ui.state.channel);
  if (chosen != order.end()) grid.selected = static_cast<int>(chosen - order.begin());
  grid.draw = [&](ImDrawList* list, int index, ImVec2 min, ImVec2 max) {
    const int output = order[static_cast<size_t>(index)];
    if (view.in_tiles()) return view.draw_tile(list, output, min, max);
    const int input = output == ui.state.channel ? ui.state.input_channel : -1;
    view.draw_row(list, output, min, max, input, ImGui::IsWindowHovered() ? &under : nullptr);
  };
  grid.tile_label = [&](int index) {
    const int output = order[static_cast<size_t>(index)];
    const ImVec2 s = view.span(output);
    return ui.tr(S::kFilterLabel,
                 {std::to_string(output), significant(double(s.x)), significant(double(s.y))});
  };
  grid.tile_key = [&](int index) {
    return "filter." + std::to_string(order[static_cast<size_t>(index)]);
  };
  const TileGridResult result = tile_grid(ui, "filters.grid", grid);
  if (result.hovered >= 0)
    ui.state.hovered_channel = next.preview = order[static_cast<size_t>(result.hovered)];
  if (under.output >= 0) next.weight = under;
  if (result.pressed < 0) return;
  const int output = order[static_cast<size_t>(result.pressed)];
  const bool on_slice = under.output == output && under.input >= 0;
  ui.state.input_channel = on_slice ? under.input : -1;
  ui.state.channel = output;
}

bool available(const Ui&) { return true; }

void no_filters(Ui& ui, const LayerInfo& layer) {
  sentence(ui, ui.tr(S::kFiltersNone, {layer.name, layer.operation}));
  space(12);
  layer_chooser(ui, "filters.layer", nullptr, has_filters);
}

void draw(Ui& ui) {
  const LayerInfo* layer = settled_layer(ui, has_filters);
  question(ui, layer != nullptr ? ui.tr(S::kFiltersQuestion, {layer->name})
                                : std::string(ui.tr(S::kFiltersQuestionAny)));
  space(4);
  if (layer != nullptr && !has_filters(*layer)) return no_filters(ui, *layer);
  if (layer != nullptr) ui.requests.want("filters", GetFilters{layer->name, ui.state.filter});
  if (!ui.vm.filters || layer == nullptr) {
    waiting(ui, "filters", false, ImVec2(ImGui::GetContentRegionAvail().x, stage_height(200)));
    return;
  }
  waiting(ui, "filters", true, ImVec2(400, 100));
  const FilterView view(ui, *ui.vm.filters);
  explain_view(ui, view);
  space(12);
  choosers(ui, *layer);
  space(16);
  if (const int output = opened(ui, *ui.vm.filters); output >= 0) opened_filter(ui, view, output);
  all_filters(ui, view);
}

void stage(Ui& ui) {
  next = {};
  draw(ui);
  if (next == pointer) return;
  pointer = next;
  ui.want_frame_in(0);
}

// --- inspector -------------------------------------------------------------------------

void numbers_of(Ui& ui, const FilterView& view, int output) {
  const Filters& f = view.filters();
  section(ui, ui.tr(S::kFiltersNumber, {std::to_string(output), full_name(ui, f)}));
  const ImVec2 s = view.span(output);
  number_row(ui, ui.tr(S::kFiltersSize), shape_text(f.kernel_height, f.kernel_width, f.inputs));
  number_row(ui, ui.tr(S::kFiltersSmallest), significant(double(s.x)));
  number_row(ui, ui.tr(S::kFiltersLargest), significant(double(s.y)));
  number_row(ui, ui.tr(S::kBias), significant(double(view.bias(output))));
}

void number_under_pointer(Ui& ui, const FilterView& view) {
  const WeightPlace& at = pointer.weight;
  if (at.output < 0 || at.output >= view.filters().outputs || at.row < 0 || at.column < 0) return;
  space(12);
  const bool one_cell = view.filters().kernel_height * view.filters().kernel_width == 1;
  section(ui, one_cell ? std::string(ui.tr(S::kUnderPointer))
                       : ui.tr(S::kUnderPointerWeight,
                               {std::to_string(at.row), std::to_string(at.column)}));
  if (at.input < 0) {
    constexpr S kNames[] = {S::kRed, S::kGreen, S::kBlue};
    for (int colour = 0; colour < 3; ++colour) {
      number_row(ui, ui.tr(kNames[colour]),
                 significant(double(view.weight({at.output, colour, at.row, at.column}))));
    }
    return;
  }
  number_row(ui, ui.tr(S::kChannelNumber, {std::to_string(at.input)}),
             significant(double(view.weight(at))));
}

// The answer at one cell: the sum of products and the bias, with this picture's numbers.
void answer_under_pointer(Ui& ui, const FilterView& view) {
  if (!ui.vm.response || pointer.map_row < 0 ||
      ui.vm.response->output_channel >= view.filters().outputs)
    return;
  const FilterResponse& r = *ui.vm.response;
  if (pointer.map_row >= r.map.height || pointer.map_column >= r.map.width) return;
  const Filters& f = view.filters();
  const double value =
      double(r.map.values.floats()[pointer.map_row * r.map.width + pointer.map_column]);
  const double bias = r.input_channel < 0 ? double(view.bias(r.output_channel)) : 0;
  space(12);
  section(ui, ui.tr(S::kUnderPointerAnswer,
                    {std::to_string(pointer.map_row), std::to_string(pointer.map_column)}));
  const int products = f.kernel_height * f.kernel_width * (r.input_channel < 0 ? f.inputs : 1);
  if (r.input_channel < 0) {
    // A bias far below the last digit shown would only be noise.
    const std::string shown =
        std::fabs(bias) < 1e-4 * std::fabs(value) ? "0" : significant(std::fabs(bias), 3);
    formula(ui, "Σ w · x + b", significant(value - bias, 4) + (bias < 0 ? " − " : " + ") + shown,
            "= " + significant(value, 4));
  } else {
    formula(ui, "Σ w · x", "", "= " + significant(value, 4));
  }
  space(6);
  paragraph(ui,
            products == 1 ? std::string(ui.tr(S::kFiltersOneProduct))
                          : ui.tr(S::kFiltersProducts, {std::to_string(products)}),
            kStatusSize, ui.theme.ink3);
}

void settings(Ui& ui) {
  settings_heading(ui);
  int order = ui.state.order == Order::kSimilar ? 1 : 0;
  const std::string orders[] = {std::string(ui.tr(S::kOrderStored)),
                                std::string(ui.tr(S::kOrderSimilar))};
  if (setting(ui, "filters.order", ui.tr(S::kOrder), orders, &order))
    ui.state.order = order == 1 ? Order::kSimilar : Order::kStored;
  int scale = ui.state.normalise == Normalise::kLayer ? 1 : 0;
  const std::string scales[] = {std::string(ui.tr(S::kScaleEachFilter)),
                                std::string(ui.tr(S::kScaleAllFilters))};
  if (setting(ui, "filters.scale", ui.tr(S::kScale), scales, &scale))
    ui.state.normalise = scale == 1 ? Normalise::kLayer : Normalise::kChannel;
  toggle(ui, "filters.smooth", ui.tr(S::kSmooth), &ui.state.smooth);
}

void inspector(Ui& ui) {
  if (!ui.vm.filters || ui.vm.filters->outputs <= 0) return;
  const FilterView view(ui, *ui.vm.filters);
  const Filters& f = view.filters();
  int output = pointer.preview >= 0 ? pointer.preview : ui.state.channel;
  if (output < 0 && pointer.weight.output >= 0) output = pointer.weight.output;
  if (output >= 0 && output < f.outputs) {
    numbers_of(ui, view, output);
    number_under_pointer(ui, view);
    answer_under_pointer(ui, view);
  } else {
    section(ui, ui.tr(S::kUnderPointer));
    paragraph(ui, ui.tr(S::kFiltersPointHint), kLabelSize, ui.theme.ink3);
  }
  settings(ui);
}

}  // namespace

const Panel kFiltersPanel = {"filters", Question::kInside, S::kFiltersTitle, available,
                             stage,     inspector};

}  // namespace convscope
