#include "ui/widgets/picture.h"

#include <algorithm>
#include <cmath>

#include "imgui_internal.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

// The value shader reads the colouring's number from the vertex colour; AddImageRounded keeps it in
// every vertex.
void draw_image(ImDrawList* list, const Stack& stack, int index, ImVec2 min, ImVec2 max,
                ImU32 colour, float radius) {
  if (!stack) return;
  ImVec2 uv0 = stack.uv0(index), uv1 = stack.uv1(index);
  const float corner = std::min(radius, (max.x - min.x) / 3);
  list->AddImageRounded(ImTextureRef(stack.id), min, max, uv0, uv1, colour, corner);
}

// The largest size within `room` that keeps the shape of what is shown.
ImVec2 shaped(const Stack& stack, ImVec2 room) {
  if (stack.width <= 0 || stack.height <= 0) return room;
  return fit(float(stack.width), float(stack.height), room);
}

PictureResult place(Ui& ui, std::string_view key, ImVec2 size, const PictureOptions& options) {
  PictureResult result;
  MirrorNode node{.key = std::string(key),
                  .role = options.button ? "button" : "img",
                  .label = std::string(options.alt)};
  if (options.button && options.selected) node.selected = true;
  if (options.button) {
    const Hit hit = hit_area(ui, std::move(node), size, options.radius);
    result = PictureResult{
        .min = hit.min, .max = hit.max, .hovered = hit.hovered, .pressed = hit.pressed};
  } else {
    result.min = ImGui::GetCursorScreenPos();
    result.max = ImVec2(result.min.x + size.x, result.min.y + size.y);
    ImGui::Dummy(size);
    result.hovered = ImGui::IsItemHovered();
    ui.mirror.visible(std::move(node), result.min, result.max);
  }
  if (result.hovered) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    result.u = std::clamp((mouse.x - result.min.x) / std::max(1.0f, size.x), 0.0f, 0.9999f);
    result.v = std::clamp((mouse.y - result.min.y) / std::max(1.0f, size.y), 0.0f, 0.9999f);
  }
  return result;
}

void finish(Ui& ui, const PictureResult& result, const PictureOptions& options) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (options.over != nullptr) {
    const Stack over = ui.textures.of(*options.over);
    draw_plane(ui, list, over, 0, options.over_colouring, result.min, result.max, options.radius,
               options.over_opacity);
  }
  if (options.selected || options.target) {
    draw_selection(ui, list, result.min, result.max, options.radius, options.target);
  }
}

}  // namespace

ImVec2 fit(float width, float height, ImVec2 room) {
  if (width <= 0 || height <= 0) return ImVec2(1, 1);
  const float scale = std::min(room.x / width, room.y / height);
  return ImVec2(std::max(1.0f, std::floor(width * scale)),
                std::max(1.0f, std::floor(height * scale)));
}

PictureResult picture(Ui& ui, std::string_view key, const Picture& picture, ImVec2 room,
                      const PictureOptions& options) {
  const Stack stack = ui.textures.of(picture);
  const PictureResult result = place(ui, key, shaped(stack, room), options);
  if (options.transparent)
    draw_checkerboard(ui, ImGui::GetWindowDrawList(), result.min, result.max);
  draw_picture(ImGui::GetWindowDrawList(), stack, result.min, result.max, options.radius);
  finish(ui, result, options);
  return result;
}

PictureResult map(Ui& ui, std::string_view key, const Map& map, const Colouring& colouring,
                  ImVec2 room, const PictureOptions& options) {
  return plane(ui, key, ui.textures.of(map), 0, colouring, room, options);
}

PictureResult plane(Ui& ui, std::string_view key, const Stack& stack, int index,
                    const Colouring& colouring, ImVec2 room, const PictureOptions& options) {
  const PictureResult result = place(ui, key, shaped(stack, room), options);
  draw_plane(ui, ImGui::GetWindowDrawList(), stack, index, colouring, result.min, result.max,
             options.radius);
  finish(ui, result, options);
  return result;
}

void draw_picture(ImDrawList* list, const Stack& stack, ImVec2 min, ImVec2 max, float radius,
                  float opacity) {
  draw_image(list, stack, 0, min, max, with_alpha(IM_COL32_WHITE, opacity), radius);
}

Box box_within(const Stack& stack, ImVec2 min, ImVec2 max) {
  const ImVec2 size = shaped(stack, ImVec2(max.x - min.x, max.y - min.y));
  const ImVec2 at(min.x + std::floor((max.x - min.x - size.x) / 2),
                  min.y + std::floor((max.y - min.y - size.y) / 2));
  return {at, ImVec2(at.x + size.x, at.y + size.y)};
}

void draw_plane(Ui& ui, ImDrawList* list, const Stack& stack, int index, const Colouring& colouring,
                ImVec2 min, ImVec2 max, float radius, float opacity) {
  draw_image(list, stack, index, min, max, ui.textures.colour_of(colouring, opacity), radius);
}

void draw_selection(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max, float radius,
                    bool target) {
  const float out = kSelection / 2;
  list->AddRect(ImVec2(min.x - out, min.y - out), ImVec2(max.x + out, max.y + out),
                target ? ui.theme.target_fill : ui.theme.accent, radius + out, kSelection);
}

void draw_field(ImDrawList* list, ImVec2 min, ImVec2 max) {
  list->AddRect(ImVec2(min.x - 1, min.y - 1), ImVec2(max.x + 1, max.y + 1), IM_COL32(0, 0, 0, 150),
                1, 3);
  list->AddRect(min, max, IM_COL32(255, 255, 255, 245), 0, 1.5f);
}

void draw_checkerboard(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max) {
  constexpr float kSquare = 12;
  list->AddRectFilled(min, max, ui.theme.sheet);
  for (int row = 0; min.y + float(row) * kSquare < max.y; ++row) {
    for (int column = row % 2; min.x + float(column) * kSquare < max.x; column += 2) {
      const ImVec2 at(min.x + float(column) * kSquare, min.y + float(row) * kSquare);
      list->AddRectFilled(at,
                          ImVec2(std::min(at.x + kSquare, max.x), std::min(at.y + kSquare, max.y)),
                          ui.theme.track);
    }
  }
}

void draw_contour(ImDrawList* list, const Map& mask, ImVec2 min, ImVec2 max) {
  const float* values = mask.values.floats();
  const auto in = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < mask.width && y < mask.height &&
           values[y * mask.width + x] > 0.5f;
  };
  const auto place = [&](int x, int y) {
    return ImVec2(min.x + (max.x - min.x) * float(x) / float(mask.width),
                  min.y + (max.y - min.y) * float(y) / float(mask.height));
  };
  // Edges in one row or column are drawn as one line.
  const auto each_edge = [&](auto visit) {
    for (int y = 0; y <= mask.height; ++y) {
      for (int x = 0, from = -1; x <= mask.width; ++x) {
        const bool edge = x < mask.width && in(x, y - 1) != in(x, y);
        if (edge && from < 0) from = x;
        if (!edge && from >= 0) visit(place(from, y), place(x, y)), from = -1;
      }
    }
    for (int x = 0; x <= mask.width; ++x) {
      for (int y = 0, from = -1; y <= mask.height; ++y) {
        const bool edge = y < mask.height && in(x - 1, y) != in(x, y);
        if (edge && from < 0) from = y;
        if (!edge && from >= 0) visit(place(x, from), place(x, y)), from = -1;
      }
    }
  };
  each_edge([&](ImVec2 a, ImVec2 b) { list->AddLine(a, b, IM_COL32(0, 0, 0, 170), 4); });
  each_edge([&](ImVec2 a, ImVec2 b) { list->AddLine(a, b, IM_COL32(255, 255, 255, 245), 2); });
}

void colour_bar(Ui& ui, const Colouring& colouring, double minimum, double maximum,
                std::string_view unit, float width, std::string_view values) {
  constexpr int kPieces = 48;
  constexpr float kHeight = 8, kRow = 20;
  const std::string low = significant(minimum), high = significant(maximum);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float low_width = text_width(ui, ui.fonts.text, kStatusSize, low);
  const float high_width = text_width(ui, ui.fonts.text, kStatusSize, high);
  const float bar = std::min(180.0f, std::max(40.0f, width - low_width - high_width - 16));
  const float left = at.x + low_width + 8, y = at.y + (kRow - kHeight) / 2;
  draw_text(ui, list, ImVec2(at.x, at.y + 3), ui.fonts.text, kStatusSize, ui.theme.ink3, low);
  for (int i = 0; i < kPieces; ++i) {
    const float t0 = float(i) / kPieces, t1 = float(i + 1) / kPieces;
    const double span = double(colouring.high) - double(colouring.low);
    const auto colour = [&](float t) {
      const double v = minimum + (maximum - minimum) * double(t);
      return colour_at(colouring.colours,
                       span != 0 ? float((v - double(colouring.low)) / span) : 0);
    };
    const ImDrawFlags corners = i == 0             ? ImDrawFlags_RoundCornersLeft
                                : i == kPieces - 1 ? ImDrawFlags_RoundCornersRight
                                                   : ImDrawFlags_RoundCornersNone;
    list->AddRectFilled(ImVec2(left + bar * t0, y),
                        ImVec2(left + bar * t1 + (i == kPieces - 1 ? 0.0f : 0.5f), y + kHeight),
                        colour((t0 + t1) / 2), kHeight / 2, corners);
  }
  list->AddRect(ImVec2(left, y), ImVec2(left + bar, y + kHeight), with_alpha(ui.theme.ink3, 0.35f),
                kHeight / 2);
  draw_text(ui, list, ImVec2(left + bar + 8, at.y + 3), ui.fonts.text, kStatusSize, ui.theme.ink3,
            high);
  std::string words(unit);
  if (!values.empty()) words += (words.empty() ? "" : " · ") + std::string(values);
  const float after = left + bar + 8 + high_width + 12, room = at.x + width - after;
  float height = kRow;
  if (!words.empty() && room > text_width(ui, ui.fonts.text, kStatusSize, words)) {
    draw_text(ui, list, ImVec2(after, at.y + 3), ui.fonts.text, kStatusSize, ui.theme.ink3, words);
  } else if (!words.empty()) {
    draw_text(ui, list, ImVec2(at.x, at.y + kRow + 1), ui.fonts.text, kStatusSize, ui.theme.ink3,
              fitted(ui, ui.fonts.text, kStatusSize, words, width));
    height += 18;
  }
  ImGui::Dummy(ImVec2(width, height));
  ui.mirror.visible(
      MirrorNode{.key = "", .role = "img", .label = ui.tr(S::kColourBar, {low, high, words})}, at,
      ImVec2(at.x + width, at.y + height));
}

Colouring colouring_of(const Map& map, Colours colours) {
  if (!map.is_signed) return Colouring{.colours = colours, .low = map.minimum, .high = map.maximum};
  const float most = std::max(std::fabs(map.minimum), std::fabs(map.maximum));
  return Colouring{.colours = Colours::kSigned, .low = -most, .high = most};
}

float tile_size_for(int count, ImVec2 room, float gap, float smallest, float largest) {
  for (float size = largest; size > smallest; size -= 2) {
    const int columns = std::max(1, static_cast<int>((room.x + gap) / (size + gap)));
    const int rows = (count + columns - 1) / columns;
    if (static_cast<float>(rows) * (size + gap) - gap <= room.y) return size;
  }
  return smallest;
}

TileGridResult tile_grid(Ui& ui, std::string_view key, const TileGridOptions& o) {
  TileGridResult result;
  const float room = ImGui::GetContentRegionAvail().x;
  const int columns = std::max(1, static_cast<int>((room + o.gap) / (o.tile_width + o.gap)));
  const int rows = (o.count + columns - 1) / columns;
  const float pitch_x = o.tile_width + o.gap, pitch_y = o.tile_height + o.caption_height + o.gap;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ui.mirror.push(key, "list", o.label);
  // One row beyond what is seen, so that the arrow keys always find their next tile.
  const int first = std::max(0, static_cast<int>((window->ClipRect.Min.y - at.y) / pitch_y) - 1);
  const int last = std::min(rows, static_cast<int>((window->ClipRect.Max.y - at.y) / pitch_y) + 2);
  for (int index = first * columns; index < std::min(o.count, last * columns); ++index) {
    const ImVec2 min(at.x + pitch_x * float(index % columns),
                     at.y + pitch_y * float(index / columns));
    const ImVec2 max(min.x + o.tile_width, min.y + o.tile_height);
    MirrorNode node{
        .key = o.tile_key ? o.tile_key(index) : std::string(key) + "." + std::to_string(index),
        .role = "button",
        .label = o.tile_label ? o.tile_label(index) : std::to_string(index)};
    if (index == o.selected) node.selected = true;
    const Hit hit = hit_area_at(ui, std::move(node), min, ImVec2(max.x, max.y + o.caption_height),
                                kSmallRadius);
    o.draw(list, index, min, max);
    if (index == o.selected || index == o.target) {
      draw_selection(ui, list, min, max, kSmallRadius, index == o.target && index != o.selected);
    } else if (hit.hovered) {
      list->AddRect(ImVec2(min.x - 1, min.y - 1), ImVec2(max.x + 1, max.y + 1),
                    with_alpha(ui.theme.accent, 0.6f), kSmallRadius + 1, 2);
    }
    if (hit.pressed) result.pressed = index;
    if (hit.hovered || (hit.focused && result.hovered < 0)) {
      result.hovered = index;
      result.hovered_min = min;
      result.hovered_max = max;
    }
  }
  ui.mirror.pop();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(
      ImVec2(pitch_x * float(columns) - o.gap, pitch_y * float(rows) - (rows > 0 ? o.gap : 0)));
  return result;
}

}  // namespace convscope
