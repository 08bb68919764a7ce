#include "ui/panels/filters_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kRowLabel = 38;  // px for the filter's number before its row
constexpr float kSmallestSlice = 12, kLargestSlice = 30, kSliceGap = 3, kStripHeight = 14,
                kNarrowestStripCell = 2;

FilterKind kind_of(const Filters& f) {
  if (f.colour && f.inputs == 3) return FilterKind::kColour;
  if (f.inputs == 1) return FilterKind::kSingle;
  return f.kernel_height * f.kernel_width == 1 ? FilterKind::kPointwise : FilterKind::kSlices;
}

// Index of the cell under the pointer along one axis; -1 outside.
int cell_under(float mouse, float from, float to, int cells) {
  if (mouse < from || mouse >= to) return -1;
  return std::min(cells - 1,
                  static_cast<int>((mouse - from) / (to - from) * static_cast<float>(cells)));
}

ImU32 colour_of_weights(const float* rgb, size_t stride, float range) {
  const float scale = range > 0 ? 127.5f / range : 0;
  const auto byte = [&](size_t i) {
    return static_cast<int>(std::clamp(127.5f + rgb[i * stride] * scale, 0.0f, 255.0f) + 0.5f);
  };
  return IM_COL32(byte(0), byte(1), byte(2), 255);
}

}  // namespace

FilterView::FilterView(Ui& ui, const Filters& filters)
    : ui_(ui), filters_(filters), kind_(kind_of(filters)) {
  if (ui.state.normalise == Normalise::kLayer) {
    const float* v = filters.values.floats();
    for (size_t i = 0; i < filters.values.float_count(); ++i)
      shared_range_ = std::max(shared_range_, std::fabs(v[i]));
  }
}

float FilterView::weight(const WeightPlace& at) const {
  const Filters& f = filters_;
  const int index =
      ((at.output * f.inputs + at.input) * f.kernel_height + at.row) * f.kernel_width + at.column;
  return f.values.floats()[index];
}

float FilterView::bias(int output) const {
  return static_cast<size_t>(output) < filters_.bias.float_count() ? filters_.bias.floats()[output]
                                                                   : 0;
}

ImVec2 FilterView::span(int output, int input) const {
  const int plane = filters_.kernel_height * filters_.kernel_width;
  const float* from =
      filters_.values.floats() + (output * filters_.inputs + std::max(0, input)) * plane;
  const auto [low, high] =
      std::minmax_element(from, from + (input < 0 ? filters_.inputs : 1) * plane);
  return ImVec2(*low, *high);
}

float FilterView::range(int output) const {
  if (shared_range_ > 0) return shared_range_;
  const ImVec2 s = span(output);
  // A filter of zeros, as pruning leaves them, is white and not the lowest colour.
  return std::max({std::fabs(s.x), std::fabs(s.y), 1e-12f});
}

std::vector<int> FilterView::strongest_inputs(int output, int count) const {
  const float* w = filters_.values.floats() + output * filters_.inputs;
  std::vector<int> order(static_cast<size_t>(filters_.inputs));
  std::iota(order.begin(), order.end(), 0);
  const auto kept = order.begin() + std::min(count, filters_.inputs);
  std::partial_sort(order.begin(), kept, order.end(),
                    [w](int a, int b) { return std::fabs(w[a]) > std::fabs(w[b]); });
  order.erase(kept, order.end());
  return order;
}

void FilterView::draw_tile(ImDrawList* list, int output, ImVec2 min, ImVec2 max) const {
  const Filters& f = filters_;
  if (kind_ == FilterKind::kSingle) {
    const Stack stack = ui_.textures.planes(f.values, PixelFormat::kValueF32, f.outputs,
                                            f.kernel_height, f.kernel_width);
    const float most = range(output);
    draw_plane(ui_, list, stack, output, {Colours::kSigned, -most, most}, min, max, 0);
    return;
  }
  // Squares instead of a texture: the cells stay crisp at any size, and nothing bleeds from filter
  // to filter.
  const auto plane = static_cast<size_t>(f.kernel_height * f.kernel_width);
  const float* w = f.values.floats() + static_cast<size_t>(output) * 3 * plane;
  const float most = range(output), dx = (max.x - min.x) / float(f.kernel_width),
              dy = (max.y - min.y) / float(f.kernel_height);
  for (int y = 0; y < f.kernel_height; ++y) {
    for (int x = 0; x < f.kernel_width; ++x) {
      const float left = min.x + float(x) * dx, top = min.y + float(y) * dy;
      list->AddRectFilled(ImVec2(left, top), ImVec2(left + dx, top + dy),
                          colour_of_weights(w + y * f.kernel_width + x, plane, most));
    }
  }
}

FilterView::RowGrid FilterView::row_grid(float width) const {
  RowGrid grid{.gap = kSliceGap};
  const float room = width - kRowLabel;
  grid.columns = std::clamp(static_cast<int>((room + grid.gap) / (kSmallestSlice + grid.gap)), 1,
                            filters_.inputs);
  grid.lines = (filters_.inputs + grid.columns - 1) / grid.columns;
  // As equal lines as possible: 64 slices over two lines are 32 and 32.
  grid.columns = (filters_.inputs + grid.lines - 1) / grid.lines;
  grid.cell = std::clamp(std::floor((room + grid.gap) / float(grid.columns) - grid.gap),
                         kSmallestSlice, kLargestSlice);
  return grid;
}

int FilterView::strip_lines(float width) const {
  const float room = width - kRowLabel;
  for (int lines = 1; lines < filters_.inputs; ++lines) {
    if (filters_.inputs % lines == 0 &&
        room / float(filters_.inputs / lines) >= kNarrowestStripCell)
      return lines;
  }
  return 1;
}

float FilterView::row_height(float width) const {
  if (kind_ == FilterKind::kPointwise) return kStripHeight * float(strip_lines(width)) + 2;
  const RowGrid grid = row_grid(width);
  return float(grid.lines) * (grid.cell + grid.gap) - grid.gap;
}

void FilterView::draw_row(ImDrawList* list, int output, ImVec2 min, ImVec2 max, int selected_input,
                          WeightPlace* hovered) const {
  const std::string number = std::to_string(output);
  draw_text(ui_, list, ImVec2(min.x + 4, (min.y + max.y - kStatusSize) / 2 - 1), ui_.fonts.text,
            kStatusSize, ui_.theme.ink3, number);
  const ImVec2 from(min.x + kRowLabel, min.y);
  const bool strip = kind_ == FilterKind::kPointwise;
  (this->*(strip ? &FilterView::draw_strip : &FilterView::draw_slices))(list, output, from, max,
                                                                        selected_input, hovered);
}

void FilterView::draw_slices(ImDrawList* list, int output, ImVec2 min, ImVec2 max,
                             int selected_input, WeightPlace* hovered) const {
  const Filters& f = filters_;
  const RowGrid grid = row_grid(max.x - min.x + kRowLabel);
  const Stack stack = ui_.textures.planes(f.values, PixelFormat::kValueF32, f.outputs * f.inputs,
                                          f.kernel_height, f.kernel_width);
  const float most = range(output);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (int i = 0; i < f.inputs; ++i) {
    const ImVec2 a(min.x + float(i % grid.columns) * (grid.cell + grid.gap),
                   min.y + float(i / grid.columns) * (grid.cell + grid.gap));
    const ImVec2 b(a.x + grid.cell, a.y + grid.cell);
    draw_plane(ui_, list, stack, output * f.inputs + i, {Colours::kSigned, -most, most}, a, b, 0);
    // Zero is white: an edge says where a slice ends.
    list->AddRect(ImVec2(a.x - 1, a.y - 1), ImVec2(b.x + 1, b.y + 1), ui_.theme.line, 0, 1);
    const bool under =
        mouse.x >= a.x && mouse.x < b.x + grid.gap && mouse.y >= a.y && mouse.y < b.y + grid.gap;
    if (under && hovered != nullptr) *hovered = {output, i, -1, -1};
    if (i == selected_input || (under && hovered != nullptr)) draw_selection(ui_, list, a, b, 1);
  }
}

void FilterView::draw_strip(ImDrawList* list, int output, ImVec2 min, ImVec2 max,
                            int selected_input, WeightPlace* hovered) const {
  const Filters& f = filters_;
  const int lines = strip_lines(max.x - min.x + kRowLabel), columns = f.inputs / lines;
  const Stack stack =
      ui_.textures.planes(f.values, PixelFormat::kValueF32, f.outputs * lines, 1, columns);
  const float most = range(output);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float cell = (max.x - min.x) / float(columns);
  for (int line = 0; line < lines; ++line) {
    const ImVec2 a(min.x, min.y + float(line) * kStripHeight + 1),
        b(max.x, min.y + float(line + 1) * kStripHeight - 1);
    draw_plane(ui_, list, stack, output * lines + line, {Colours::kSigned, -most, most}, a, b, 0);
    const int under =
        mouse.y >= a.y - 1 && mouse.y < b.y + 1 ? cell_under(mouse.x, a.x, b.x, columns) : -1;
    if (under >= 0 && hovered != nullptr) *hovered = {output, line * columns + under, 0, 0};
    const int marked = under >= 0 && hovered != nullptr   ? under
                       : selected_input / columns == line ? selected_input % columns
                                                          : -1;
    if (marked >= 0)
      draw_selection(ui_, list, ImVec2(a.x + float(marked) * cell, a.y),
                     ImVec2(a.x + float(marked + 1) * cell, b.y), 1);
  }
}

// --- one filter, large -----------------------------------------------------------------
namespace {

std::string input_name(const Ui& ui, const FilterView& view, int input) {
  constexpr S kColourNames[] = {S::kRed, S::kGreen, S::kBlue};
  if (view.kind() == FilterKind::kColour)
    return std::string(ui.tr(kColourNames[std::clamp(input, 0, 2)]));
  return ui.tr(S::kChannelNumber, {std::to_string(input)});
}

void press_slice(Ui& ui, int output, int input) {
  ui.state.input_channel =
      ui.state.channel == output && ui.state.input_channel == input ? -1 : input;
  ui.state.channel = output;
}

// The weights of all slices in a square of `size`.
WeightPlace slice_squares(Ui& ui, const FilterView& view, int output, float size, float height) {
  const Filters& f = view.filters();
  const Stack stack = ui.textures.planes(f.values, PixelFormat::kValueF32, f.outputs * f.inputs,
                                         f.kernel_height, f.kernel_width);
  const float most = view.range(output), gap = f.inputs > 100 ? 3 : 5;
  const float tile = view.kind() == FilterKind::kColour
                         ? std::floor((size - 2 * gap) / 3)
                         : tile_size_for(f.inputs, ImVec2(size, height), gap, 10, 72);
  const bool named = view.kind() == FilterKind::kColour;
  const float caption = named ? 20 : 0;
  WeightPlace under;
  // A child only for its width; 2 px wider all round, so that the outline of a selected tile is not
  // cut.
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos(ImVec2(at.x - 2, at.y - 2));
  ImGui::BeginChild("slices", ImVec2(size + 4, height + caption + 4), ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoBackground);
  ImGui::SetCursorPos(ImVec2(2, 2));
  const TileGridResult grid = tile_grid(
      ui, "filters.slices",
      {.count = f.inputs,
       .tile_width = tile,
       .tile_height = tile,
       .gap = gap,
       .caption_height = caption,
       .selected = ui.state.channel == output ? ui.state.input_channel : -1,
       .label = ui.tr(S::kSlices),
       .draw =
           [&](ImDrawList* list, int i, ImVec2 min, ImVec2 max) {
             draw_plane(ui, list, stack, output * f.inputs + i, {Colours::kSigned, -most, most},
                        min, max, 0);
             list->AddRect(ImVec2(min.x - 1, min.y - 1), ImVec2(max.x + 1, max.y + 1),
                           ui.theme.line, 0, 1);
             if (named)
               draw_text(ui, list, ImVec2(min.x, max.y + 3), ui.fonts.text, kStatusSize,
                         ui.theme.ink3, input_name(ui, view, i));
           },
       .tile_label =
           [&](int i) {
             const ImVec2 s = view.span(output, i);
             return ui.tr(S::kSliceLabel, {input_name(ui, view, i), significant(double(s.x)),
                                           significant(double(s.y))});
           },
       .tile_key = [](int i) { return "slice." + std::to_string(i); }});
  ImGui::EndChild();
  if (grid.pressed >= 0) press_slice(ui, output, grid.pressed);
  if (grid.hovered >= 0) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    under = {output, grid.hovered,
             cell_under(mouse.y, grid.hovered_min.y, grid.hovered_max.y, f.kernel_height),
             cell_under(mouse.x, grid.hovered_min.x, grid.hovered_max.x, f.kernel_width)};
  }
  return under;
}

// The strongest inputs of a 1×1 filter as bars to the left (subtract) and right (add) of a middle
// line.
WeightPlace mixing_bars(Ui& ui, const FilterView& view, int output, float size) {
  constexpr float kBar = 24, kName = 92;
  WeightPlace under;
  const float most = view.range(output);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float middle = at.x + kName + (size - kName) / 2, half = (size - kName) / 2 - 8;
  ui.mirror.push("filters.slices", "list", ui.tr(S::kSlices));
  for (const int input :
       view.strongest_inputs(output, std::max(4, static_cast<int>(size / kBar)))) {
    const float w = view.weight({output, input, 0, 0});
    const bool selected = ui.state.channel == output && ui.state.input_channel == input;
    MirrorNode node{
        .key = "slice." + std::to_string(input),
        .role = "button",
        .label = ui.tr(S::kWeightLabel, {input_name(ui, view, input), significant(double(w))})};
    if (selected) node.selected = true;
    const Hit hit = hit_area(ui, std::move(node), ImVec2(size, kBar), kSmallRadius);
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (selected || hit.hovered)
      list->AddRectFilled(hit.min, hit.max, selected ? ui.theme.accent_soft : ui.theme.hover,
                          kSmallRadius);
    draw_text(ui, list, ImVec2(hit.min.x + 6, hit.min.y + 5), ui.fonts.text, kStatusSize,
              selected ? ui.theme.accent : ui.theme.ink2,
              fitted(ui, ui.fonts.text, kStatusSize, input_name(ui, view, input), kName - 10));
    const float tip = middle + half * std::clamp(w / std::max(most, 1e-12f), -1.0f, 1.0f);
    list->AddRectFilled(ImVec2(std::min(middle, tip), hit.min.y + 5),
                        ImVec2(std::max(middle, tip), hit.max.y - 5),
                        colour_at(Colours::kSigned, w < 0 ? 0.125f : 0.82f), 2);
    if (hit.hovered) under = {output, input, 0, 0};
    if (hit.pressed) press_slice(ui, output, input);
  }
  ui.mirror.pop();
  ImGui::GetWindowDrawList()->AddLine(ImVec2(middle, at.y),
                                      ImVec2(middle, ImGui::GetCursorScreenPos().y), ui.theme.line,
                                      ui.theme.rule);
  return under;
}

// A coloured or a signed square, with the cell under the pointer marked.
WeightPlace one_square(Ui& ui, const FilterView& view, int output, float size) {
  const Filters& f = view.filters();
  const ImVec2 edge = fit(float(f.kernel_width), float(f.kernel_height), ImVec2(size, size));
  const ImVec2 min = ImGui::GetCursorScreenPos(), max(min.x + edge.x, min.y + edge.y);
  ImGui::Dummy(edge);
  const bool inside = ImGui::IsItemHovered();
  ImDrawList* list = ImGui::GetWindowDrawList();
  view.draw_tile(list, output, min, max);
  const ImVec2 s = view.span(output);
  ui.mirror.visible(
      {.key = "filters.large",
       .role = "img",
       .label = ui.tr(S::kFilterLabel, {std::to_string(output), significant(double(s.x)),
                                        significant(double(s.y))})},
      min, max);
  if (!inside) return {};
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const int input =
      view.kind() == FilterKind::kColour ? -1 : 0;  // -1: all three colours of the cell
  const WeightPlace under{output, input, cell_under(mouse.y, min.y, max.y, f.kernel_height),
                          cell_under(mouse.x, min.x, max.x, f.kernel_width)};
  if (under.row < 0 || under.column < 0) return {};
  const ImVec2 cell(edge.x / float(f.kernel_width), edge.y / float(f.kernel_height));
  const ImVec2 a(min.x + cell.x * float(under.column), min.y + cell.y * float(under.row));
  draw_field(list, a, ImVec2(a.x + cell.x, a.y + cell.y));
  return under;
}

}  // namespace

WeightPlace filter_detail(Ui& ui, const FilterView& view, int output, float size) {
  switch (view.kind()) {
    case FilterKind::kSlices:
      return slice_squares(ui, view, output, size, size);
    case FilterKind::kPointwise:
      return mixing_bars(ui, view, output, size);
    case FilterKind::kSingle:
      return one_square(ui, view, output, size);
    case FilterKind::kColour:
      break;
  }
  const WeightPlace whole = one_square(ui, view, output, size);
  space(8);
  const WeightPlace slice = slice_squares(ui, view, output, size, std::floor((size - 8) / 3));
  return whole.output >= 0 ? whole : slice;
}

}  // namespace convscope
