#include "ui/widgets/state.h"

#include <cmath>

#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {

void skeleton(Ui& ui, ImVec2 size, std::string_view words) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), ui.theme.track, kRadius);
  if (!words.empty()) {
    const std::string shown = fitted(ui, ui.fonts.text, kLabelSize, words, size.x - 16);
    const float width = text_width(ui, ui.fonts.text, kLabelSize, shown);
    draw_text(ui, list, ImVec2(at.x + (size.x - width) / 2, at.y + size.y / 2 - 8), ui.fonts.text,
              kLabelSize, ui.theme.ink3, shown);
    ui.mirror.visible(MirrorNode{.key = "", .role = "status", .label = std::string(words)}, at,
                      ImVec2(at.x + size.x, at.y + size.y));
  }
  ImGui::Dummy(size);
}

bool waiting(Ui& ui, std::string_view slot, bool has_snapshot, ImVec2 size) {
  const SlotStatus& status = ui.requests.status(slot);
  if (status.progress == Progress::kFailed) {
    ui.mirror.push(std::string(slot) + ".failed", "alert", ui.tr(S::kCouldNot));
    paragraph(ui, ui.tr(status.error.message), kTextSize, ui.theme.danger, size.x);
    space(8);
    if (button(ui, std::string(slot) + ".retry", ui.tr(S::kTryAgain))) ui.requests.retry(slot);
    ui.mirror.pop();
    space(8);
    return !has_snapshot;
  }
  if (has_snapshot) return false;
  S words = S::kComputing;
  if (ui.vm.engine_state == EngineState::kFailed) {
    words = S::kEngineFailed;
  } else if (!ui.vm.model) {
    words = S::kWaitingForModel;
  } else if (!ui.vm.image) {
    words = S::kWaitingForImage;
  }
  skeleton(ui, size, ui.tr(words));
  return true;
}

}  // namespace convscope
