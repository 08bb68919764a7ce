#include "ui/panels/lens_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/panels/frame.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

// Input size in px; 1 × 1 while no network is there, so that nothing divides by zero.
ImVec2 input_size(const Ui& ui) {
  if (!ui.vm.model) return ImVec2(1, 1);
  return ImVec2(static_cast<float>(std::max(1, ui.vm.model->input_width)),
                static_cast<float>(std::max(1, ui.vm.model->input_height)));
}

ImVec2 on_screen(const Ui& ui, float x, float y, ImVec2 min, ImVec2 max) {
  const ImVec2 size = input_size(ui);
  return ImVec2(min.x + (max.x - min.x) * x / size.x, min.y + (max.y - min.y) * y / size.y);
}

}  // namespace

const Picture* seen_picture(const Ui& ui) {
  return ui.vm.forward && !ui.vm.forward->input.rgba.empty() ? &ui.vm.forward->input : nullptr;
}

const LayerInfo* first_layer(const Ui& ui, bool (*fits)(const LayerInfo&)) {
  if (!ui.vm.model) return nullptr;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    if (fits(layer)) return &layer;
  }
  return nullptr;
}

const LayerInfo* settled_layer(Ui& ui, bool (*fits)(const LayerInfo&)) {
  if (!ui.vm.model) return nullptr;
  const LayerInfo* first = first_layer(ui, fits);
  // A permalink's layer may belong to a network that is still on its way.
  if (ui.vm.layer(ui.state.layer) == nullptr && first != nullptr &&
      ui.vm.model->id == ui.state.model) {
    if (ui.state.layer.empty()) {
      ui.state.layer = first->name;
    } else {
      choose_layer(ui, *first);
    }
  }
  const LayerInfo* named = ui.vm.layer(ui.state.layer);
  return named != nullptr ? named : first;
}

void layer_chooser(Ui& ui, std::string_view key, const LayerInfo* now,
                   bool (*fits)(const LayerInfo&)) {
  if (!ui.vm.model) return;
  std::vector<std::string> names;
  std::vector<const LayerInfo*> layers;
  int index = -1;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    if (!fits(layer)) continue;
    if (&layer == now) index = static_cast<int>(names.size());
    names.push_back(layer.name);
    layers.push_back(&layer);
  }
  const float width = std::min(200.0f, ImGui::GetContentRegionAvail().x);
  if (dropdown(ui, key, ui.tr(S::kLensLayer), names, &index, width))
    choose_layer(ui, *layers[static_cast<size_t>(index)]);
}

PixelRect field_of(const LayerInfo& layer, int row, int column) {
  const ReceptiveField& f = layer.receptive_field;
  const float left = f.start + static_cast<float>(column) * f.jump,
              top = f.start + static_cast<float>(row) * f.jump;
  return {left, top, left + f.size, top + f.size};
}

PixelRect extent_of(const LayerInfo& layer) {
  const ReceptiveField& f = layer.receptive_field;
  const float first = f.start + (f.size - f.jump) / 2;
  return {first, first, first + static_cast<float>(layer.width) * f.jump,
          first + static_cast<float>(layer.height) * f.jump};
}

void cell_at(const Ui& ui, const LayerInfo& layer, float u, float v, int* row, int* column) {
  const PixelRect extent = extent_of(layer);
  const ImVec2 size = input_size(ui);
  const float jump = std::max(1e-3f, layer.receptive_field.jump);
  *column = std::clamp(static_cast<int>(std::floor((u * size.x - extent.left) / jump)), 0,
                       std::max(0, layer.width - 1));
  *row = std::clamp(static_cast<int>(std::floor((v * size.y - extent.top) / jump)), 0,
                    std::max(0, layer.height - 1));
}

void draw_field_on(const Ui& ui, const PixelRect& field, ImVec2 min, ImVec2 max) {
  const ImVec2 a = on_screen(ui, field.left, field.top, min, max),
               b = on_screen(ui, field.right, field.bottom, min, max);
  const ImVec2 from(std::max(a.x, min.x + 1), std::max(a.y, min.y + 1)),
      to(std::min(b.x, max.x - 1), std::min(b.y, max.y - 1));
  if (from.x < to.x && from.y < to.y) draw_field(ImGui::GetWindowDrawList(), from, to);
}

void draw_plane_on(Ui& ui, const LayerInfo& layer, const Stack& stack, int plane,
                   const Colouring& colouring, ImVec2 min, ImVec2 max, float opacity) {
  const PixelRect extent = extent_of(layer);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(min, max, true);
  draw_plane(ui, list, stack, plane, colouring, on_screen(ui, extent.left, extent.top, min, max),
             on_screen(ui, extent.right, extent.bottom, min, max), 0, opacity);
  list->PopClipRect();
}

std::string field_text(const Ui& ui, const PixelRect& field) {
  const ImVec2 size = input_size(ui);
  const auto range = [](float from, float to, float limit) {
    const int first = static_cast<int>(std::clamp(from, 0.0f, limit - 1)),
              last = static_cast<int>(std::clamp(to - 1, 0.0f, limit - 1));
    return std::to_string(first) + "…" + std::to_string(last);
  };
  return range(field.left, field.right, size.x) + " × " + range(field.top, field.bottom, size.y);
}

float value_at_share(const Map& map, float share) {
  constexpr int kBins = 1024;
  const float most = std::max(std::abs(map.minimum), std::abs(map.maximum));
  if (share >= 1 || !(most > 0)) return most;
  std::array<int, kBins> count{};
  const float* v = map.values.floats();
  const size_t n = map.values.float_count();
  for (size_t i = 0; i < n; ++i) {
    ++count[static_cast<size_t>(std::clamp(std::abs(v[i]) / most, 0.0f, 1.0f) * (kBins - 1))];
  }
  auto left = static_cast<int64_t>(static_cast<double>(share) * static_cast<double>(n));
  for (int bin = 0; bin < kBins; ++bin) {
    left -= count[static_cast<size_t>(bin)];
    if (left < 0) return most * float(bin + 1) / kBins;
  }
  return most;
}

PictureResult seen_or_skeleton(Ui& ui, std::string_view key, ImVec2 size) {
  if (const Picture* seen = seen_picture(ui)) {
    return picture(ui, key, *seen, size, {.alt = ui.tr(S::kLensSeenAlt)});
  }
  skeleton(ui, size, ui.tr(ui.vm.image ? S::kComputing : S::kWaitingForImage));
  return {};
}

Columns::Columns(Ui& ui, int count, float widest)
    : stacked_(ui.size == Size::kNarrow), origin_(ImGui::GetCursorScreenPos()) {
  const float room = ImGui::GetContentRegionAvail().x;
  const float each =
      stacked_ ? room
               : (room - kColumnGap * static_cast<float>(count - 1)) / static_cast<float>(count);
  // A narrow stage scrolls anyway: there the width is the only limit.
  width_ = std::max(64.0f, std::floor(stacked_ ? each : std::min(each, widest)));
  bottom_ = origin_.y;
}

void Columns::begin() {
  if (!stacked_) {
    ImGui::SetCursorScreenPos(
        ImVec2(origin_.x + static_cast<float>(index_) * (width_ + kColumnGap), origin_.y));
  } else if (index_ > 0) {
    space(kColumnGap);
  }
  ImGui::BeginGroup();
}

void Columns::end() {
  ImGui::EndGroup();
  bottom_ = std::max(bottom_, ImGui::GetItemRectMax().y);
  ++index_;
}

void Columns::finish() {
  if (stacked_) return;
  ImGui::SetCursorScreenPos(ImVec2(origin_.x, bottom_));
  ImGui::Dummy(ImVec2(0, 0));
}

void words_under(Ui& ui, std::string_view text, float width) {
  paragraph(ui, text, kStatusSize, ui.theme.ink3, width);
}

void same_line(float needed, bool low) {
  constexpr float kGap = 12;
  const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
  if (ImGui::GetItemRectMax().x + kGap + needed > right) return space(6);
  ImGui::SameLine(0, kGap);
  if (low) ImGui::SetCursorPosY(ImGui::GetCursorPosY() + 2);
}

bool button_beside(Ui& ui, std::string_view key, std::string_view label,
                   const ButtonOptions& options) {
  same_line(text_width(ui, ui.fonts.text, kLabelSize, label) + 28);
  return button(ui, key, label, options);
}

float stage_height(float least) { return std::max(least, ImGui::GetContentRegionAvail().y - 36); }

bool setting(Ui& ui, std::string_view key, std::string_view label,
             std::span<const std::string> choices, int* index) {
  paragraph(ui, label, kLabelSize, ui.theme.ink);
  space(4);
  const bool changed = segments(ui, key, label, choices, index);
  space(12);
  return changed;
}

void settings_heading(Ui& ui) {
  hold_place(ui, ui.state.lens + (ui.state.channel >= 0 ? ".settings.pinned" : ".settings"));
  space(16);
  section(ui, ui.tr(S::kLensSettings));
}

}  // namespace convscope
