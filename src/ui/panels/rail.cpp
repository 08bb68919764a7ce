// Rail: which layers does this network have, and what does each see of the picture?
#include <algorithm>
#include <cmath>

#include "imgui_internal.h"
#include "ui/panels/dream_layers.h"
#include "ui/panels/frame.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/picture.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kPaddingX = 16, kThumb = 30, kThumbGap = 4;
constexpr float kRowHeight = 66, kFlatRowHeight = 38, kMinorHeight = 54;

// Seconds that the wave of a forward pass takes from the first layer to the last, and one layer's
// fade.
constexpr double kWaveSeconds = 0.9, kFadeSeconds = 0.22;

std::string cost_of(const Ui& ui, const LayerInfo& layer) {
  const std::string flops = flops_text(static_cast<double>(layer.flops));
  return layer.parameters > 0 ? ui.tr(S::kLayerCost, {integer(layer.parameters), flops})
                              : ui.tr(S::kLayerNoParameters, {flops});
}

// The first layer index that belongs to the block at `index`: its minor layers stand before it.
size_t first_of_block(const std::vector<LayerInfo>& layers, size_t index) {
  while (index > 0 && layers[index - 1].minor) --index;
  return index;
}

void draw_thumbnails(Ui& ui, const LayerInfo& layer, ImVec2 at, float thumb, float light) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (layer.kind == "input") {
    if (!ui.vm.forward) return;
    const Stack seen = ui.textures.of(ui.vm.forward->input);
    const Box box = box_within(seen, at, ImVec2(at.x + thumb, at.y + thumb));
    draw_picture(list, seen, box.min, box.max, kSmallRadius);
    return;
  }
  const LayerThumbnails* t = ui.vm.thumbnails(layer.name);
  if (t == nullptr || t->channels.empty()) return;
  const int count = static_cast<int>(t->channels.size());
  const Stack stack =
      ui.textures.planes(t->values, PixelFormat::kValue8, count, t->height, t->width);
  for (int i = 0; i < count; ++i) {
    const ImVec2 min(at.x + float(i) * (thumb + kThumbGap), at.y);
    const Box box = box_within(stack, min, ImVec2(min.x + thumb, min.y + thumb));
    draw_plane(ui, list, stack, i, Colouring{.colours = Colours::kViridis}, box.min, box.max,
               kSmallRadius, 0.25f + 0.75f * light);
  }
}

bool has_thumbnails(const Ui& ui, const LayerInfo& layer) {
  if (layer.kind == "input") return true;
  if (layer.height <= 1 && layer.width <= 1) return false;
  const LayerThumbnails* t = ui.vm.thumbnails(layer.name);
  return !ui.vm.forward || (t != nullptr && !t->channels.empty());
}

float row_height(const Ui& ui, const LayerInfo& layer) {
  return !has_thumbnails(ui, layer) ? kFlatRowHeight : layer.minor ? kMinorHeight : kRowHeight;
}

void draw_row(Ui& ui, const LayerInfo& layer, bool selected, float light, bool in_sheet) {
  const float width = ImGui::GetContentRegionAvail().x;
  // In a sheet nothing can be hovered over, so every row tells its cost.
  const float extra = ui.animate("rail.cost." + layer.name, selected || in_sheet ? 1.0f : 0.0f);
  const std::string cost = cost_of(ui, layer);
  const float cost_height = extra * paragraph_height(ui, cost, kStatusSize, width - 2 * kPaddingX);
  const float height = row_height(ui, layer) + std::round(cost_height);
  const std::string shape = shape_text(layer.height, layer.width, layer.channels);
  const Hit hit = hit_area(ui,
                           MirrorNode{.key = "layer." + layer.name,
                                      .role = "button",
                                      .label = layer.name,
                                      .value = shape + ", " + cost,
                                      .selected = selected},
                           ImVec2(width, height), 0);
  if (ImGui::IsItemVisible()) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const Theme& t = ui.theme;
    const float on = ui.animate(hit.id,
                                selected                                            ? 1.0f
                                : hit.hovered || ui.highlighted_layer == layer.name ? 0.5f
                                                                                    : 0.0f,
                                0.14f);
    if (on > 0.01f) {
      list->AddRectFilled(hit.min, hit.max,
                          selected ? with_alpha(t.accent_soft, on) : with_alpha(t.hover, on * 2));
    }
    if (selected) list->AddRectFilled(hit.min, ImVec2(hit.min.x + 4, hit.max.y), t.accent);
    const float indent = layer.minor ? 14.0f : 0.0f;
    const float x = hit.min.x + kPaddingX + indent, right = hit.max.x - kPaddingX;
    const float shape_width = text_width(ui, ui.fonts.text, kStatusSize, shape);
    draw_text(ui, list, ImVec2(x, hit.min.y + 8), layer.minor ? ui.fonts.text : ui.fonts.bold,
              kLabelSize, t.ink,
              fitted(ui, ui.fonts.bold, kLabelSize, layer.name, right - x - shape_width - 6));
    draw_text(ui, list, ImVec2(right - shape_width, hit.min.y + 9), ui.fonts.text, kStatusSize,
              t.ink3, shape);
    if (has_thumbnails(ui, layer)) {
      draw_thumbnails(ui, layer, ImVec2(x, hit.min.y + 28), layer.minor ? 22.0f : kThumb, light);
    }
    if (extra > 0.6f) {
      const ImVec2 before = ImGui::GetCursorScreenPos();
      ImGui::SetCursorScreenPos(ImVec2(hit.min.x + kPaddingX, hit.max.y - cost_height - 5));
      paragraph(ui, cost, kStatusSize, with_alpha(t.ink3, (extra - 0.6f) / 0.4f),
                width - 2 * kPaddingX);
      ImGui::SetCursorScreenPos(before);
    }
    // The hairline under the row; the accent runs along it when the picture passes through this
    // layer.
    const float y = hit.max.y - t.rule;
    list->AddRectFilled(ImVec2(x, y), ImVec2(right, hit.max.y), t.track);
    if (light > 0 && light < 1) {
      list->AddRectFilled(ImVec2(x, y - 1), ImVec2(x + (right - x) * light, hit.max.y), t.accent,
                          1);
    }
  }
  if (hit.hovered) {
    ui.state.hovered_layer = layer.name;
    if (!selected && !in_sheet) {
      const std::string what =
          layer.kind == "input" ? std::string(ui.tr(S::kInputLayer)) : layer.operation;
      hint(ui, "*" + layer.name + "*\n" + (what.empty() ? "" : what + "\n") + cost, hit.min,
           hit.max);
    }
  }
  // The keyboard walks the rail and shows each layer it comes to.
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const bool walked = hit.focused && g.NavJustMovedToId == hit.id && !selected && !in_sheet;
  if (hit.pressed || walked) {
    choose_layer(ui, layer);
    if (in_sheet) ImGui::CloseCurrentPopup();
  }
}

// The picture stands first, as what the first layer is given.
void draw_input_row(Ui& ui) {
  const ModelInfo& model = *ui.vm.model;
  const std::string shape = shape_text(model.input_height, model.input_width, model.input_channels);
  const ImVec2 min = ImGui::GetCursorScreenPos();
  const ImVec2 max(min.x + ImGui::GetContentRegionAvail().x, min.y + kRowHeight);
  ImGui::Dummy(ImVec2(max.x - min.x, kRowHeight));
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float x = min.x + kPaddingX, right = max.x - kPaddingX;
  const std::string_view words = ui.tr(S::kInputRow);
  draw_text(ui, list, ImVec2(x, min.y + 8), ui.fonts.bold, kLabelSize, ui.theme.ink, words);
  draw_text(ui, list, ImVec2(right - text_width(ui, ui.fonts.text, kStatusSize, shape), min.y + 9),
            ui.fonts.text, kStatusSize, ui.theme.ink3, shape);
  if (ui.vm.forward) {
    const Stack seen = ui.textures.of(ui.vm.forward->input);
    const Box box =
        box_within(seen, ImVec2(x, min.y + 28), ImVec2(x + kThumb, min.y + 28 + kThumb));
    draw_picture(list, seen, box.min, box.max, kSmallRadius);
  }
  list->AddRectFilled(ImVec2(x, max.y - ui.theme.rule), ImVec2(right, max.y), ui.theme.track);
  ui.mirror.visible(MirrorNode{.key = "", .label = std::string(words) + " " + shape}, min, max);
}

}  // namespace

float lit(Ui& ui, int index, int count) {
  if (ui.reduced_motion) return 1;
  const double since = ui.seconds - ui.vm.forward_seconds;
  if (since > kWaveSeconds + kFadeSeconds) return 1;
  ui.want_frame_in(0);
  const double start = kWaveSeconds * index / std::max(1, count);
  return static_cast<float>(std::clamp((since - start) / kFadeSeconds, 0.0, 1.0));
}

std::string_view shown_layer(const Ui& ui) {
  if (ui.state.lens == kDreamPanelId) return ui.state.dream_layer;
  if (ui.state.lens == kContributionPanelId) {
    const LayerInfo* layer = contribution_layer(ui);
    return layer != nullptr ? std::string_view(layer->name) : std::string_view();
  }
  if (explaining_method(ui) != nullptr) return ui.state.explain_layer;
  if (ui.state.lens == kOverviewPanelId || ui.state.lens == kSaliencyPanelId) return "";
  const LayerInfo* layer = ui.layer();
  return !ui.state.layer.empty() && layer != nullptr ? std::string_view(layer->name)
                                                     : std::string_view();
}

void choose_layer(Ui& ui, const LayerInfo& layer) {
  if (ui.state.lens == kDreamPanelId && dreamable(layer)) {
    ui.state.dream_layer = layer.name;
    ui.state.dream_channels.clear();
    return;
  }
  if (const MethodInfo* method = explaining_method(ui);
      method != nullptr && method->takes_layer &&
      (layer.height > 1 || ui.state.lens == kContributionPanelId)) {
    if (ui.state.explain_layer != layer.name) ui.state.unit_channel = -1;
    ui.state.explain_layer = layer.name;
    return;
  }
  if (ui.state.lens != kFiltersPanelId || layer.kernel_height == 0)
    ui.state.lens = kActivationsPanelId;
  if (ui.state.layer == layer.name) return;
  ui.state.layer = layer.name;
  ui.state.filter.clear();
  ui.state.channel = ui.state.input_channel = -1;
}

void draw_rail(Ui& ui, bool in_sheet) {
  if (!ui.vm.model) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    for (int i = 0; i < 8; ++i) {
      const ImVec2 row(at.x + kPaddingX, at.y + 8 + float(i) * kRowHeight);
      list->AddRectFilled(row, ImVec2(row.x + 60, row.y + 12), ui.theme.track, 3);
      for (int k = 0; k < 4; ++k) {
        const ImVec2 thumb(row.x + float(k) * (kThumb + kThumbGap), row.y + 20);
        list->AddRectFilled(thumb, ImVec2(thumb.x + kThumb, thumb.y + kThumb), ui.theme.track,
                            kSmallRadius);
      }
    }
    return;
  }
  const std::vector<LayerInfo>& layers = ui.vm.model->layers;
  const std::string shown(shown_layer(ui));
  const int index_shown = ui.vm.layer_index(shown);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  if (!layers.empty() && layers[0].kind != "input") draw_input_row(ui);
  size_t block = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].minor) {
      // Folded into its block unless that block, or one of its steps, is shown.
      if (i >= block) {
        block = i;
        while (block < layers.size() && layers[block].minor) ++block;
      }
      const bool open = index_shown >= static_cast<int>(first_of_block(layers, block)) &&
                        index_shown <= static_cast<int>(block);
      if (!open) continue;
    }
    draw_row(ui, layers[i], layers[i].name == shown,
             lit(ui, static_cast<int>(i), static_cast<int>(layers.size())), in_sheet);
    if (layers[i].name == shown && ui.appear("rail.scroll." + shown, 0.05f) < 1) {
      ImGui::SetScrollHereY(0.5f);
    }
  }
  ImGui::PopStyleVar();
  space(12);
}

}  // namespace convscope
