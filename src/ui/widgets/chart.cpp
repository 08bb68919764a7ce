#include "ui/widgets/chart.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kLeft = 38, kBottom = 18, kTop = 12, kLine = 1.8f, kDot = 3;
constexpr int kTicks = 3;

std::string tick(float value, bool as_percent) {
  return as_percent                   ? percent(double(value), value < 0.1f && value > 0 ? 1 : 0)
         : value == std::round(value) ? std::to_string(std::lround(value))
                                      : significant(double(value), 2);
}

void legend(Ui& ui, std::span<const ChartLine> lines, float width) {
  for (const ChartLine& line : lines) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(ImVec2(at.x, at.y + 7), ImVec2(at.x + 16, at.y + 9), line.colour);
    if (line.dots) list->AddCircleFilled(ImVec2(at.x + 8, at.y + 8), kDot, line.colour);
    ImGui::SetCursorScreenPos(ImVec2(at.x + 22, at.y));
    ImGui::BeginGroup();
    paragraph(ui, line.label, kStatusSize, ui.theme.ink2, std::max(40.0f, width - 22));
    ImGui::EndGroup();
    ImGui::SetCursorScreenPos(ImVec2(at.x, ImGui::GetItemRectMax().y + 2));
  }
  ImGui::Dummy(ImVec2(0, 0));
}

}  // namespace

float axis_end(float most) {
  float end = 1;
  for (const float next : {0.5f, 0.2f, 0.1f, 0.05f, 0.02f, 0.01f, 0.005f, 0.002f, 0.001f}) {
    if (most <= next) end = next;
  }
  return end;
}

void chart(Ui& ui, std::string_view key, std::span<const ChartLine> lines, ImVec2 size,
           const ChartOptions& o) {
  paragraph(ui, o.y_title, kStatusSize, ui.theme.ink3, size.x);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 min(at.x + kLeft, at.y + kTop), max(at.x + size.x - 6, at.y + size.y - kBottom);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto place = [&](float x, float y) {
    return ImVec2(min.x + (max.x - min.x) * (x - o.x_low) / (o.x_high - o.x_low),
                  max.y - (max.y - min.y) * (y - o.y_low) / (o.y_high - o.y_low));
  };
  for (int i = 0; i < kTicks; ++i) {
    const float t = float(i) / (kTicks - 1), x = o.x_low + (o.x_high - o.x_low) * t,
                y = o.y_low + (o.y_high - o.y_low) * t;
    const ImVec2 on_y = place(o.x_low, y), on_x = place(x, o.y_low);
    list->AddRectFilled(ImVec2(min.x, on_y.y), ImVec2(max.x, on_y.y + ui.theme.rule),
                        ui.theme.line);
    const std::string y_text = tick(y, o.percent), x_text = tick(x, o.x_high <= 1);
    draw_text(ui, list,
              ImVec2(min.x - 6 - text_width(ui, ui.fonts.text, kStatusSize, y_text), on_y.y - 8),
              ui.fonts.text, kStatusSize, ui.theme.ink3, y_text);
    const float wide = text_width(ui, ui.fonts.text, kStatusSize, x_text);
    const float left = i == 0 ? on_x.x : i == kTicks - 1 ? on_x.x - wide : on_x.x - wide / 2;
    // Counts have no halves.
    if (o.x_high > 1 && x != std::round(x)) continue;
    draw_text(ui, list, ImVec2(left, max.y + 3), ui.fonts.text, kStatusSize, ui.theme.ink3, x_text);
  }
  if (o.mark_x >= o.x_low && o.mark_x <= o.x_high) {
    const float x = std::round(place(o.mark_x, 0).x);
    list->AddRectFilled(ImVec2(x - 1, min.y), ImVec2(x + 1, max.y),
                        with_alpha(ui.theme.accent, 0.35f));
  }
  list->PushClipRect(ImVec2(min.x - kDot - 1, min.y - kDot - 1),
                     ImVec2(max.x + kDot + 1, max.y + kDot + 1), true);
  for (const ChartLine& line : lines) {
    std::vector<ImVec2> points;
    for (size_t i = 0; i < std::min(line.xs.size(), line.ys.size()); ++i)
      points.push_back(place(line.xs[i], line.ys[i]));
    if (points.size() > 1)
      list->AddPolyline(points.data(), static_cast<int>(points.size()), line.colour, kLine);
    if (!line.dots && points.size() != 1) continue;
    for (const ImVec2& point : points) list->AddCircleFilled(point, kDot, line.colour);
  }
  list->PopClipRect();
  ImGui::Dummy(size);
  ui.mirror.visible({.key = std::string(key), .role = "img", .label = std::string(o.alt)}, at,
                    ImVec2(at.x + size.x, at.y + size.y));
  paragraph(ui, o.x_title, kStatusSize, ui.theme.ink3, size.x);
  space(6);
  legend(ui, lines, size.x);
}

}  // namespace convscope
