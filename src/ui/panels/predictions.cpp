// Predictions: what does the network answer, and how sure is it? Clicking a class asks about it.
#include <algorithm>
#include <cmath>

#include "ui/panels/frame.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

// As narrow as its column: the logits of an untrained network may be astronomical.
std::string logit_text(double logit) {
  const double size = std::abs(logit);
  return size < 1e4 ? fixed(logit, 1) : size < 1e7 ? fixed(logit, 0) : significant(logit, 2);
}

constexpr size_t kShown = 5;
constexpr float kRow = 28, kLogitWidth = 44, kPercentWidth = 52;

void row(Ui& ui, int c, bool dim) {
  const float width = ImGui::GetContentRegionAvail().x;
  const bool target = c == ui.target();
  const double p = double(ui.vm.probability(c));
  const std::string name = ui.label(c), chance = percent(p),
                    logit = logit_text(double(ui.vm.logit(c)));
  const Hit hit = hit_area(ui,
                           MirrorNode{.key = "class." + std::to_string(c),
                                      .role = "button",
                                      .label = name,
                                      .value = ui.tr(S::kAnswerRow, {name, chance, logit}),
                                      .selected = target},
                           ImVec2(width, ui.touch ? 40 : kRow), kSmallRadius);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const Theme& t = ui.theme;
  if (hit.hovered)
    list->AddRectFilled(ImVec2(hit.min.x - 6, hit.min.y), ImVec2(hit.max.x + 6, hit.max.y), t.hover,
                        kSmallRadius);
  const float middle = (hit.min.y + hit.max.y) / 2, y = middle - 9;
  const float name_width = std::round((width - kPercentWidth - kLogitWidth) * 0.62f);
  ImFont* font = target ? ui.fonts.bold : ui.fonts.text;
  const float alpha = dim ? 0.5f : 1.0f;
  draw_text(ui, list, ImVec2(hit.min.x, y), font, 14, with_alpha(target ? t.target : t.ink, alpha),
            fitted(ui, font, 14, name, name_width - 8));
  const float left = hit.min.x + name_width, right = hit.max.x - kPercentWidth - kLogitWidth;
  list->AddRectFilled(ImVec2(left, middle - 4), ImVec2(right, middle + 4), t.track, 4);
  const float length =
      ui.animate("answer." + std::to_string(c), static_cast<float>(p), 0.25f) * (right - left);
  if (length > 0.5f) {
    list->AddRectFilled(ImVec2(left, middle - 4), ImVec2(left + std::max(length, 3.0f), middle + 4),
                        with_alpha(target ? t.target_fill : t.faint, alpha),
                        std::min(4.0f, length / 2));
  }
  const auto number = [&](const char* what, const std::string& text, float edge, ImU32 colour,
                          float size) {
    const ImVec2 at(edge - text_width(ui, ui.fonts.text, size, text), y + (14 - size) / 2);
    draw_text(ui, list, at, ui.fonts.text, size, with_alpha(colour, alpha), text);
    ui.mirror.visible(MirrorNode{.key = "class." + std::to_string(c) + what, .label = text}, at,
                      ImVec2(edge, at.y + size + 4));
  };
  number(".probability", chance, hit.max.x - kLogitWidth, t.ink2, 14);
  number(".logit", logit, hit.max.x, t.ink3, kStatusSize);
  if (hit.pressed) ui.state.target = c;
}

}  // namespace

void draw_predictions(Ui& ui) {
  ui.mirror.push("predictions", "region", ui.tr(S::kAnswer));
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  section(ui, ui.tr(S::kAnswer));
  if (!ui.vm.forward) {
    waiting(ui, "forward", false, ImVec2(width, kRow * float(kShown)));
    ui.mirror.pop();
    return;
  }
  // The columns' names, over their numbers.
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto column = [&](S id, float edge) {
    const std::string_view text = ui.tr(id);
    draw_text(ui, list, ImVec2(edge - text_width(ui, ui.fonts.text, 11, text), at.y + 2),
              ui.fonts.text, 11, ui.theme.ink3, text);
  };
  column(S::kLogit, at.x + width);
  column(S::kProbability, at.x + width - kLogitWidth);
  const bool dim = !ui.requests.current("forward");
  const int target = ui.target();
  bool listed = false;
  for (size_t i = 0; i < std::min(kShown, ui.vm.ranking.size()); ++i) {
    row(ui, ui.vm.ranking[i], dim);
    listed |= ui.vm.ranking[i] == target;
  }
  if (!listed && target >= 0) {
    space(4);
    rule(ui);
    space(4);
    row(ui, target, dim);
  }
  waiting(ui, "forward", true, ImVec2(width, 0));
  ui.mirror.pop();
}

}  // namespace convscope
