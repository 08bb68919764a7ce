// Activations: what does a layer see in this picture?
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr size_t kDeadNamed = 12;

// What the pointer is on.
struct Pointer {
  int preview = -1;           // the channel under the pointer in the grid
  int row = -1, column = -1;  // the cell of the opened channel
  bool operator==(const Pointer&) const = default;
};
// Everything is drawn for `pointer`, while the parts of this frame find `next`; where they differ
// one more frame follows.
Pointer pointer, next;

// A layer's maps with what their drawings need.
struct Maps {
  const Activations& a;
  const LayerInfo& layer;
  Stack stack;
  float low = 0, high = 0;  // of the whole layer
  bool is_vector = false, are_classes = false;

  float low_of(int channel) const { return a.ranges.floats()[2 * channel]; }
  float high_of(int channel) const { return a.ranges.floats()[2 * channel + 1]; }
  float value(int channel, int row, int column) const {
    return a.values.floats()[(channel * a.height + row) * a.width + column];
  }
  bool dead(int channel) const { return std::binary_search(a.dead.begin(), a.dead.end(), channel); }
};

Maps maps_of(Ui& ui, const Activations& a, const LayerInfo& layer) {
  Maps m{
      .a = a,
      .layer = layer,
      .stack = ui.textures.planes(a.values, PixelFormat::kValueF32, a.channels, a.height, a.width)};
  for (int c = 0; c < a.channels; ++c) {
    m.low = std::min(m.low, m.low_of(c));
    m.high = std::max(m.high, m.high_of(c));
  }
  m.is_vector = a.height * a.width == 1;
  m.are_classes = m.is_vector && ui.vm.model && a.channels == ui.vm.model->classes &&
                  (layer.kind == "logits" || layer.kind == "softmax");
  return m;
}

// Values below zero occur before an activation function and behind linear layers: those maps
// diverge around zero.
Colouring colouring(const Ui& ui, const Maps& m, int channel) {
  // A map of one cell has no range of its own.
  const bool own = ui.state.normalise == Normalise::kChannel && !m.is_vector;
  const float low = own ? std::min(0.0f, m.low_of(channel)) : m.low,
              high = own ? m.high_of(channel) : m.high;
  if (m.low < 0) {
    const float most = std::max({std::fabs(low), std::fabs(high), 1e-20f});
    return {Colours::kSigned, -most, most, ui.state.smooth};
  }
  const Colours colours =
      ui.state.colours == Colours::kSigned ? Colours::kViridis : ui.state.colours;
  return {colours, low, high > low ? high : low + 1, ui.state.smooth};
}

std::string channel_name(const Ui& ui, const Maps& m, int channel) {
  return m.are_classes ? ui.label(channel) : ui.tr(S::kChannelNumber, {std::to_string(channel)});
}

int opened(const Ui& ui, const Maps& m) {
  if (ui.state.channel < 0 || ui.state.channel >= m.a.channels || m.is_vector) return -1;
  return pointer.preview >= 0 && pointer.preview < m.a.channels ? pointer.preview
                                                                : ui.state.channel;
}

void explain_maps(Ui& ui, const Maps& m) {
  const std::string count = std::to_string(m.a.channels);
  std::string words;
  if (const int channel = opened(ui, m); channel >= 0) {
    words = ui.tr(m.dead(channel) ? S::kActivationsOpenedDead : S::kActivationsOpened,
                  {std::to_string(channel)});
  } else if (m.are_classes) {
    words = ui.tr(S::kActivationsClasses, {m.layer.name, count});
  } else {
    words = ui.tr(m.is_vector ? S::kActivationsVector
                  : m.low < 0 ? S::kActivationsSigned
                              : S::kActivationsMaps,
                  {m.layer.name, count});
  }
  if (!m.a.dead.empty() && opened(ui, m) < 0) {
    std::string names;
    for (size_t i = 0; i < std::min(kDeadNamed, m.a.dead.size()); ++i)
      names += (i > 0 ? ", " : "") + std::to_string(m.a.dead[i]);
    if (m.a.dead.size() > kDeadNamed) names += " …";
    words += (ui.state.language == Language::kChinese ? "" : " ") +
             ui.tr(m.a.dead.size() == 1 ? S::kDeadOne : S::kDeadMany,
                   {std::to_string(m.a.dead.size()), count, names});
  }
  sentence(ui, words);
}

bool any_layer(const LayerInfo&) { return true; }

void choosers(Ui& ui, const LayerInfo& layer) {
  layer_chooser(ui, "activations.layer", &layer, any_layer);
  if (ui.state.channel >= 0) {
    if (button_beside(ui, "activations.close", ui.tr(S::kActivationsAll))) ui.state.channel = -1;
  }
  if (layer.has_pre_activation) {
    same_line(260, true);
    toggle(ui, "activations.pre", ui.tr(S::kPreActivation), &ui.state.pre_activation);
  }
  if (ui.state.channel >= 0) {
    same_line(200, true);
    toggle(ui, "activations.over", ui.tr(S::kOverlaid), &ui.state.overlaid);
  }
}

void mark_cell(const Maps& m, ImVec2 min, ImVec2 max) {
  const ImVec2 cell((max.x - min.x) / float(m.a.width), (max.y - min.y) / float(m.a.height));
  const ImVec2 a(min.x + cell.x * float(pointer.column), min.y + cell.y * float(pointer.row));
  draw_field(ImGui::GetWindowDrawList(), a,
             ImVec2(a.x + std::max(3.0f, cell.x), a.y + std::max(3.0f, cell.y)));
}

// The photo with the pixels that the cell under the pointer sees.
void photo(Ui& ui, const Maps& m, float size) {
  const PictureResult on = seen_or_skeleton(ui, "activations.picture", ImVec2(size, size));
  if (on.hovered) cell_at(ui, m.layer, on.u, on.v, &next.row, &next.column);
  if (pointer.row >= 0)
    draw_field_on(ui, field_of(m.layer, pointer.row, pointer.column), on.min, on.max);
  space(6);
  words_under(ui,
              ui.tr(S::kSeenCaption, {std::to_string(ui.vm.model->input_height) + "×" +
                                      std::to_string(ui.vm.model->input_width)}),
              size);
}

// The channel, large: alone, or laid over the photo where each of its cells looks.
void large_map(Ui& ui, const Maps& m, int channel, float size) {
  const Colouring colours = colouring(ui, m, channel);
  const std::string alt =
      ui.tr(S::kMapAlt, {channel_name(ui, m, channel), significant(double(m.high_of(channel)))});
  const Picture* seen = seen_picture(ui);
  const bool over = ui.state.overlaid && seen != nullptr;
  const PictureResult on =
      over ? picture(ui, "activations.map", *seen, ImVec2(size, size), {.alt = alt})
           : plane(ui, "activations.map", m.stack, channel, colours, ImVec2(size, size),
                   {.alt = alt});
  if (over) draw_plane_on(ui, m.layer, m.stack, channel, colours, on.min, on.max, ui.state.overlay);
  if (on.hovered && over) cell_at(ui, m.layer, on.u, on.v, &next.row, &next.column);
  if (on.hovered && !over) next.row = on.row(m.a.height), next.column = on.column(m.a.width);
  if (pointer.row >= 0 && !over) mark_cell(m, on.min, on.max);
  if (pointer.row >= 0 && over)
    draw_field_on(ui, field_of(m.layer, pointer.row, pointer.column), on.min, on.max);
  space(6);
  colour_bar(ui, colours, double(colours.low), double(colours.high), "", size,
             channel_name(ui, m, channel) + " · " + std::to_string(m.a.height) + "×" +
                 std::to_string(m.a.width));
}

void opened_channel(Ui& ui, const Maps& m, int channel) {
  if (m.layer.filter_names.size() == 1 && m.layer.has_pre_activation) {
    ui.requests.want("response",
                     GetFilterResponse{m.layer.name, m.layer.filter_names[0], channel, -1});
  }
  Columns columns(ui, 2, stage_height(240) - 36);
  columns.begin();
  photo(ui, m, columns.width());
  columns.end();
  columns.begin();
  large_map(ui, m, channel, columns.width());
  columns.end();
  columns.finish();
  space(16);
}

std::vector<int32_t> order_of(const Ui& ui, const Maps& m) {
  std::vector<int32_t> order(static_cast<size_t>(m.a.channels));
  std::iota(order.begin(), order.end(), 0);
  if (ui.state.order == Order::kStrength) {
    std::stable_sort(order.begin(), order.end(),
                     [&](int32_t a, int32_t b) { return m.high_of(a) > m.high_of(b); });
  }
  return order;
}

// A silent channel is struck through: it is not merely dark.
void draw_dead(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max) {
  list->AddRectFilled(min, max, ui.theme.track, kSmallRadius);
  const float inset = std::min(8.0f, (max.x - min.x) / 4);
  list->AddLine(ImVec2(min.x + inset, max.y - inset), ImVec2(max.x - inset, min.y + inset),
                ui.theme.faint, 1.5f);
}

void all_channels(Ui& ui, const Maps& m) {
  const std::vector<int32_t> order = order_of(ui, m);
  const bool is_open = opened(ui, m) >= 0;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  TileGridOptions grid{.count = m.a.channels,
                       .gap = m.is_vector ? 3.0f : 6.0f,
                       .label = ui.tr(S::kActivationsTitle)};
  const float least = m.is_vector ? (ui.touch ? 24 : 16) : ui.touch ? 44 : 34;
  const float most = m.is_vector ? 40 : is_open ? 56 : 180;
  const float edge =
      tile_size_for(m.a.channels, ImVec2(room.x, stage_height(200)), grid.gap, least, most);
  const ImVec2 tile = fit(float(m.a.width), float(m.a.height), ImVec2(edge, edge));
  grid.tile_width = tile.x;
  grid.tile_height = tile.y;
  const auto chosen = std::find(order.begin(), order.end(), ui.state.channel);
  if (chosen != order.end()) grid.selected = static_cast<int>(chosen - order.begin());
  if (m.are_classes)
    grid.target =
        static_cast<int>(std::find(order.begin(), order.end(), ui.target()) - order.begin());
  grid.draw = [&](ImDrawList* list, int index, ImVec2 min, ImVec2 max) {
    const int channel = order[static_cast<size_t>(index)];
    if (m.dead(channel)) return draw_dead(ui, list, min, max);
    const Box box = box_within(m.stack, min, max);
    draw_plane(ui, list, m.stack, channel, colouring(ui, m, channel), box.min, box.max,
               m.is_vector ? 2 : kSmallRadius);
  };
  grid.tile_label = [&](int index) {
    const int channel = order[static_cast<size_t>(index)];
    if (m.dead(channel)) return ui.tr(S::kChannelDead, {channel_name(ui, m, channel)});
    return ui.tr(S::kChannelMaximum,
                 {channel_name(ui, m, channel), significant(double(m.high_of(channel)))});
  };
  grid.tile_key = [&](int index) {
    return "channel." + std::to_string(order[static_cast<size_t>(index)]);
  };
  const TileGridResult result = tile_grid(ui, "activations.grid", grid);
  if (result.hovered >= 0)
    ui.state.hovered_channel = next.preview = order[static_cast<size_t>(result.hovered)];
  if (result.pressed < 0) return;
  const int channel = order[static_cast<size_t>(result.pressed)];
  ui.state.channel = channel == ui.state.channel ? -1 : channel;
}

void draw(Ui& ui) {
  const LayerInfo* layer =
      settled_layer(ui, [](const LayerInfo& l) { return l.height > 1 && l.kind != "input"; });
  const bool is_vector = layer != nullptr && layer->height * layer->width == 1;
  question(ui, layer == nullptr
                   ? std::string(ui.tr(S::kActivationsQuestionAny))
                   : ui.tr(is_vector ? S::kActivationsQuestionVector : S::kActivationsQuestion,
                           {layer->name}));
  space(4);
  if (layer != nullptr) {
    ui.requests.want("activations", GetActivations{layer->name, ui.state.pre_activation &&
                                                                    layer->has_pre_activation});
  }
  const LayerInfo* shown = ui.vm.activations ? ui.vm.layer(ui.vm.activations->layer) : nullptr;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  if (waiting(ui, "activations", layer != nullptr && shown != nullptr,
              ImVec2(room.x, stage_height(200))))
    return;
  const Maps m = maps_of(ui, *ui.vm.activations, *shown);
  explain_maps(ui, m);
  space(12);
  choosers(ui, *layer);
  space(16);
  if (const int channel = opened(ui, m); channel >= 0) opened_channel(ui, m, channel);
  all_channels(ui, m);
}

void stage(Ui& ui) {
  next = {};
  draw(ui);
  if (next == pointer) return;
  pointer = next;
  ui.want_frame_in(0);
}

// --- inspector -------------------------------------------------------------------------

// How the number came about, with the sum before the activation function where the answer to that
// is here.
void arithmetic(Ui& ui, const Maps& m, int channel, double value) {
  const std::string result = "= " + significant(value, 4);
  if (m.a.pre_activation) return formula(ui, "Σ w · x + b", "", result);
  const bool six = m.layer.operation.find("ReLU6") != std::string::npos;
  if (m.layer.has_pre_activation) {
    const std::optional<FilterResponse>& r = ui.vm.response;
    const bool known = r && r->layer == m.layer.name && r->output_channel == channel &&
                       r->input_channel < 0 && r->map.height == m.a.height &&
                       r->map.width == m.a.width && m.layer.filter_names.size() == 1;
    const std::string sum =
        known ? significant(
                    double(r->map.values.floats()[pointer.row * m.a.width + pointer.column]), 4)
        : value <= 0        ? std::string(ui.tr(S::kSumAtMostZero))
        : six && value >= 6 ? std::string(ui.tr(S::kSumAtLeastSix))
                            : significant(value, 4);
    return formula(ui, six ? "ReLU6( Σ w · x + b )" : "ReLU( Σ w · x + b )",
                   six ? "min( 6, max( 0, " + sum + " ) )" : "max( 0, " + sum + " )", result);
  }
  formula(ui, m.layer.operation, "", result);
}

void under_pointer(Ui& ui, const Maps& m, int channel) {
  if (pointer.row < 0 || pointer.row >= m.a.height || pointer.column >= m.a.width) {
    paragraph(ui, ui.tr(S::kActivationsPointHint), kLabelSize, ui.theme.ink3);
    return;
  }
  const double value = double(m.value(channel, pointer.row, pointer.column));
  section(ui, ui.tr(S::kUnderPointerCell,
                    {std::to_string(pointer.row), std::to_string(pointer.column)}));
  arithmetic(ui, m, channel, value);
  space(8);
  const int size = static_cast<int>(m.layer.receptive_field.size);
  paragraph(
      ui,
      ui.tr(S::kFieldSentence, {field_text(ui, field_of(m.layer, pointer.row, pointer.column)),
                                std::to_string(size) + "×" + std::to_string(size)}),
      kLabelSize, ui.theme.ink2);
}

void about_channel(Ui& ui, const Maps& m, int channel) {
  section(ui, ui.tr(S::kChannelOf, {channel_name(ui, m, channel), m.layer.name}));
  if (opened(ui, m) < 0 && !m.is_vector) {
    // A first, larger look before a click.
    const float size = std::min(ImGui::GetContentRegionAvail().x, 220.0f);
    plane(ui, "activations.preview", m.stack, channel, colouring(ui, m, channel),
          ImVec2(size, size), {.alt = channel_name(ui, m, channel)});
    space(8);
  }
  if (m.is_vector) {
    number_row(ui, ui.tr(S::kValue), significant(double(m.high_of(channel)), 4));
  } else {
    number_row(ui, ui.tr(S::kMinimum), significant(double(m.low_of(channel))));
    number_row(ui, ui.tr(S::kMaximum), significant(double(m.high_of(channel))));
  }
  if (m.dead(channel)) paragraph(ui, ui.tr(S::kDeadWhy), kLabelSize, ui.theme.ink2);
  space(12);
}

void settings(Ui& ui, const Maps& m) {
  settings_heading(ui);
  int order = ui.state.order == Order::kStrength ? 1 : 0;
  const std::string orders[] = {std::string(ui.tr(S::kOrderStored)),
                                std::string(ui.tr(S::kOrderStrength))};
  if (setting(ui, "activations.order", ui.tr(S::kOrder), orders, &order))
    ui.state.order = order == 1 ? Order::kStrength : Order::kStored;
  int scale = ui.state.normalise == Normalise::kLayer ? 1 : 0;
  const std::string scales[] = {std::string(ui.tr(S::kScaleEachChannel)),
                                std::string(ui.tr(S::kScaleWholeLayer))};
  if (!m.is_vector && setting(ui, "activations.scale", ui.tr(S::kScale), scales, &scale)) {
    ui.state.normalise = scale == 1 ? Normalise::kLayer : Normalise::kChannel;
  }
  constexpr Colours kChoices[] = {Colours::kViridis, Colours::kMagma, Colours::kGray};
  const std::string names[] = {"Viridis", "Magma", std::string(ui.tr(S::kGray))};
  int colours = ui.state.colours == Colours::kMagma  ? 1
                : ui.state.colours == Colours::kGray ? 2
                                                     : 0;
  if (m.low >= 0 && setting(ui, "activations.colours", ui.tr(S::kColours), names, &colours))
    ui.state.colours = kChoices[colours];
  if (m.is_vector) return;
  toggle(ui, "activations.smooth", ui.tr(S::kSmooth), &ui.state.smooth);
  if (!ui.state.overlaid) return;
  space(4);
  slider(ui, "activations.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
         {.minimum = 0, .maximum = 1, .step = 0.05});
}

// What each operator of the layer does, and what its derivative means.
void about_operators(Ui& ui, const LayerInfo& layer) {
  if (layer.operators.empty()) return;
  space(14);
  ui.mirror.push("layer.operators", "region", ui.tr(S::kLayerOperators, {layer.name}));
  section(ui, ui.tr(S::kLayerOperators, {layer.name}));
  for (const std::string& kind : layer.operators) {
    const auto found = std::ranges::find(ui.vm.model->operators, kind, &OperatorInfo::kind);
    if (found == ui.vm.model->operators.end()) continue;
    paragraph(ui, "*" + std::string(ui.tr(found->title)) + "*", kLabelSize, ui.theme.ink);
    paragraph(ui, ui.tr(found->intuition), kLabelSize, ui.theme.ink2);
    space(6);
    formula(ui, found->equation, "", "");
    space(6);
    paragraph(ui, ui.tr(S::kBackwards, {std::string(ui.tr(found->derivative))}), kLabelSize,
              ui.theme.ink2);
    paragraph(ui, found->reference, kStatusSize, ui.theme.ink3);
    space(12);
  }
  ui.mirror.pop();
}

void inspector(Ui& ui) {
  const LayerInfo* layer = ui.vm.activations ? ui.vm.layer(ui.vm.activations->layer) : nullptr;
  if (layer == nullptr) return;
  const Maps m = maps_of(ui, *ui.vm.activations, *layer);
  const int channel = pointer.preview >= 0 ? pointer.preview : ui.state.channel;
  if (channel >= 0 && channel < m.a.channels) {
    about_channel(ui, m, channel);
    if (!m.is_vector && opened(ui, m) >= 0) under_pointer(ui, m, channel);
  } else {
    section(ui, ui.tr(S::kUnderPointer));
    paragraph(ui, ui.tr(S::kActivationsPointHint), kLabelSize, ui.theme.ink3);
  }
  settings(ui, m);
  about_operators(ui, *layer);
}

bool available(const Ui&) { return true; }

}  // namespace

const Panel kActivationsPanel = {"activations", Question::kInside, S::kActivationsTitle, available,
                                 stage,         inspector};

}  // namespace convscope
