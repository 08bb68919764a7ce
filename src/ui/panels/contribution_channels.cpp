// One layer's part on the picture, and its channels in the order of what they add.
#include <algorithm>
#include <cmath>
#include <map>

#include "ui/panels/contribution_parts.h"
#include "ui/panels/faithfulness_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr int kAtFirst = 36;  // channels; the others by a button
constexpr float kCaption = 18;

// The channel under the pointer; drawn one frame after it was found.
int pointed = -1;

// The layer's activations, where they are those of this layer.
const Activations* maps_of(const Ui& ui, const LayerInfo& layer) {
  const std::optional<Activations>& a = ui.vm.activations;
  return a && a->layer == layer.name && !a->pre_activation ? &*a : nullptr;
}

Stack stack_of(Ui& ui, const Activations& a) {
  return ui.textures.planes(a.values, PixelFormat::kValueF32, a.channels, a.height, a.width);
}

Colouring colouring(const Activations& a, int channel) {
  const float low = a.ranges.floats()[2 * channel], high = a.ranges.floats()[2 * channel + 1];
  if (low < 0) {
    const float most = std::max({std::abs(low), std::abs(high), 1e-20f});
    return {Colours::kSigned, -most, most};
  }
  return {Colours::kViridis, 0, high > 0 ? high : 1};
}

std::string signed_text(double value) {
  return (value < 0 ? "−" : "+") + significant(std::abs(value), 2);
}

void layer_map(Ui& ui, const LayerInfo& layer, const Map& map, float size) {
  const Picture* seen = seen_picture(ui);
  if (seen == nullptr) return;
  const Colouring colours = colouring_of_judged(map);
  picture(ui, "contribution.map", *seen, ImVec2(size, size),
          {.alt = ui.tr(S::kContributionMapAlt, {layer.name, ui.label(ui.target())}),
           .over = &map,
           .over_colouring = colours,
           .over_opacity = ui.state.overlay});
  space(6);
  colour_bar(ui, colours, double(colours.low), double(colours.high), map.unit, size);
}

void channel_map(Ui& ui, const LayerInfo& layer, const Activations& a, int channel, float size) {
  const Picture* seen = seen_picture(ui);
  if (seen == nullptr) return;
  const Colouring colours = colouring(a, channel);
  const std::string alt =
      ui.tr(S::kChannelOf, {ui.tr(S::kChannelNumber, {std::to_string(channel)}), layer.name});
  const PictureResult on = picture(ui, "contribution.map", *seen, ImVec2(size, size), {.alt = alt});
  draw_plane_on(ui, layer, stack_of(ui, a), channel, colours, on.min, on.max, ui.state.overlay);
  space(6);
  colour_bar(ui, colours, double(colours.low), double(colours.high), "", size);
}

void map_column(Ui& ui, const LayerInfo& layer, const MethodSnapshot* run, float size) {
  const Activations* a = maps_of(ui, layer);
  const bool has_channel = a != nullptr && pointed >= 0 && pointed < a->channels;
  const std::string title = has_channel
                                ? ui.tr(S::kContributionChannelMap, {std::to_string(pointed)})
                                : ui.tr(S::kContributionMap, {layer.name});
  paragraph(ui, title, kLabelSize, ui.theme.ink, size);
  space(4);
  if (has_channel) return channel_map(ui, layer, *a, pointed, size);
  const bool have = run != nullptr && run->shown()->map;
  if (waiting(ui, kChannelsSlot, have, ImVec2(size, size))) return;
  layer_map(ui, layer, *run->shown()->map, size);
}

void draw_channel(Ui& ui, ImDrawList* list, const LayerInfo& layer, const Contribution& part,
                  ImVec2 min, ImVec2 max) {
  const Activations* a = maps_of(ui, layer);
  const bool off = channel_is_off(ui, layer, part.channel);
  list->AddRectFilled(min, max, ui.theme.track, kSmallRadius);
  if (a != nullptr && part.channel < a->channels) {
    const Stack stack = stack_of(ui, *a);
    const Box box = box_within(stack, min, max);
    draw_plane(ui, list, stack, part.channel, colouring(*a, part.channel), box.min, box.max,
               kSmallRadius, off ? 0.15f : 1.0f);
  }
  if (off) {
    const float inset = std::min(8.0f, (max.x - min.x) / 5);
    for (const ImU32 ink : {ui.theme.paper, ui.theme.danger}) {
      const float thick = ink == ui.theme.danger ? 2.0f : 5.0f;
      list->AddLine(ImVec2(min.x + inset, max.y - inset), ImVec2(max.x - inset, min.y + inset), ink,
                    thick);
      list->AddLine(ImVec2(min.x + inset, min.y + inset), ImVec2(max.x - inset, max.y - inset), ink,
                    thick);
    }
  }
  const float width = max.x - min.x;
  const std::string number = std::to_string(part.channel), value = signed_text(part.value);
  const float wide = text_width(ui, ui.fonts.text, kStatusSize, value);
  draw_text(ui, list, ImVec2(min.x, max.y + 2), ui.fonts.text, kStatusSize, ui.theme.ink3,
            fitted(ui, ui.fonts.text, kStatusSize, number, width - wide - 2));
  draw_text(ui, list, ImVec2(max.x - wide, max.y + 2), ui.fonts.text, kStatusSize,
            part.value < 0 ? ui.theme.ink3 : ui.theme.accent, value);
}

std::string channel_label(const Ui& ui, const LayerInfo& layer, const Contribution& part) {
  const S words =
      channel_is_off(ui, layer, part.channel) ? S::kContributionTileOff : S::kContributionTile;
  return ui.tr(words, {std::to_string(part.channel), signed_text(part.value)});
}

// While a method still counts, channels stand where its first preview had them: nobody can press
// what changes places.
struct Held {
  std::string layer, method;
  std::vector<int32_t> order;
};
Held held;

std::vector<Contribution> in_place(const LayerInfo& layer, const MethodSnapshot& run) {
  const MethodPreview& shown = *run.shown();
  std::vector<Contribution> parts = shown.contributions;
  if (run.result) {
    held = {};
    return parts;
  }
  if (held.layer != layer.name || held.method != shown.method ||
      held.order.size() != parts.size()) {
    held = {layer.name, shown.method, {}};
    for (const Contribution& part : parts) held.order.push_back(part.channel);
    return parts;
  }
  std::map<int32_t, double> values;
  for (const Contribution& part : parts) values[part.channel] = part.value;
  for (size_t i = 0; i < parts.size(); ++i) parts[i] = {"", held.order[i], values[held.order[i]]};
  return parts;
}

// Presses of a channel of a layer that is off as a whole leave the others off.
void toggle_channel(Ui& ui, const LayerInfo& layer, int channel) {
  if (ui.state.off_layer != layer.name || ui.state.off_channels.empty()) {
    ui.state.off_layer = layer.name;
    ui.state.off_channels = {channel};
    return;
  }
  if (std::erase(ui.state.off_channels, channel) == 0) {
    if (ui.state.off_channels.size() < kMostOff) ui.state.off_channels.push_back(channel);
  } else if (ui.state.off_channels.empty()) {
    ui.state.off_layer.clear();
  }
}

void channels_column(Ui& ui, const LayerInfo& layer, const std::vector<Contribution>& parts,
                     float size) {
  const int all = static_cast<int>(parts.size());
  const int count = ui.state.all_channels ? all : std::min(kAtFirst, all);
  paragraph(ui, ui.tr(S::kContributionChannels, {std::to_string(all)}), kLabelSize, ui.theme.ink,
            size);
  space(4);
  ImGui::BeginChild("contribution.column", ImVec2(size, 0),
                    ImGuiChildFlags_AutoResizeY | ImGuiChildFlags_AlwaysAutoResize,
                    ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoScrollbar);
  const float gap = 8, columns = std::max(4.0f, std::floor((size + gap) / (66 + gap)));
  const float edge = std::floor((size - gap * (columns - 1)) / columns);
  const auto part_at = [&](int i) -> const Contribution& { return parts[static_cast<size_t>(i)]; };
  const TileGridResult grid = tile_grid(
      ui, "contribution.channels",
      {.count = count,
       .tile_width = edge,
       .tile_height = edge,
       .gap = gap,
       .caption_height = kCaption,
       .label = ui.tr(S::kContributionChannels, {std::to_string(all)}),
       .draw = [&](ImDrawList* list, int i, ImVec2 min,
                   ImVec2 max) { draw_channel(ui, list, layer, part_at(i), min, max); },
       .tile_label = [&](int i) { return channel_label(ui, layer, part_at(i)); },
       .tile_key =
           [&](int i) { return "contribution.channel." + std::to_string(part_at(i).channel); }});
  if (all > kAtFirst) {
    space(6);
    if (button(ui, "contribution.more",
               ui.state.all_channels ? ui.tr(S::kContributionFewer, {std::to_string(kAtFirst)})
                                     : ui.tr(S::kContributionMore, {std::to_string(all)})))
      ui.state.all_channels = !ui.state.all_channels;
  }
  ImGui::EndChild();
  const int now = grid.hovered >= 0 ? part_at(grid.hovered).channel : -1;
  if (now != pointed) ui.want_frame_in(0);
  pointed = ui.state.hovered_channel = now;
  if (grid.pressed >= 0) toggle_channel(ui, layer, part_at(grid.pressed).channel);
}

}  // namespace

void layer_and_channels(Ui& ui, const MethodInfo& method, const LayerInfo& layer) {
  const MethodSnapshot* last = run_now(ui, kChannelsSlot);
  const bool is_its = last != nullptr && last->shown()->method == method.id;
  const MethodSnapshot* run = is_its ? last : nullptr;
  // The channels get the larger part, and all of it where the layer has no places.
  const float room = ImGui::GetContentRegionAvail().x;
  const bool stacked = ui.size == Size::kNarrow, has_places = layer.height > 1;
  const float left = stacked ? room : std::clamp(room * 0.36f, 200.0f, 320.0f);
  float right = room;
  if (has_places) {
    ImGui::BeginGroup();
    map_column(ui, layer, run, left);
    ImGui::EndGroup();
    if (stacked) {
      space(kColumnGap);
    } else {
      ImGui::SameLine(0, kColumnGap);
      right = room - left - kColumnGap;
    }
  }
  ImGui::BeginGroup();
  if (run != nullptr) {
    channels_column(ui, layer, in_place(layer, *run), right);
  } else if (!has_places) {
    waiting(ui, kChannelsSlot, false, ImVec2(right, 160));
  } else if (ui.requests.status(kChannelsSlot).progress != Progress::kFailed) {
    skeleton(ui, ImVec2(right, std::min(right, left) * 0.8f));
  }
  ImGui::EndGroup();
  if (run == nullptr) return;
  const MethodPreview& shown = *run->shown();
  if (!run->result && shown.steps > 1) {
    space(8);
    progress_bar(
        ui, "contribution.progress",
        ui.tr(S::kExplainProgress, {std::to_string(shown.step), std::to_string(shown.steps)}),
        double(shown.step) / shown.steps, false);
  }
  if (run->result) diagnosis(ui, *run->result);
}

}  // namespace convscope
