// Help: what is this page, how is it used, whose work is in it?
#include <algorithm>

#include "ui/panels/frame.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

void key_row(Ui& ui, std::string_view text) {
  const size_t bar = text.find('|');
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float column = std::min(170.0f, ImGui::GetContentRegionAvail().x * 0.4f);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + 2), ui.fonts.bold, kLabelSize,
            ui.theme.ink, text.substr(0, bar));
  ImGui::Indent(column);
  paragraph(ui, text.substr(bar + 1), kLabelSize, ui.theme.ink2);
  ImGui::Unindent(column);
  const ImVec2 end = ImGui::GetCursorScreenPos();
  ui.mirror.visible(MirrorNode{.key = "", .label = std::string(text.substr(0, bar))}, at,
                    ImVec2(at.x + column, end.y));
  space(4);
}

std::string credits(const Ui& ui) {
  std::string names;
  for (const Sample& sample : ui.vm.samples) {
    if (sample.credit.empty() || names.find(sample.credit) != std::string::npos) continue;
    names += (names.empty() ? "" : "; ") + sample.credit;
  }
  return names;
}

}  // namespace

bool begin_sheet(Ui& ui, const char* popup, std::string_view key, std::string_view title,
                 float width) {
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size(std::min(width, screen.x - 24), std::min(640.0f, screen.y - 48));
  ImGui::SetNextWindowPos(ImVec2((screen.x - size.x) / 2, (screen.y - size.y) / 2));
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.size == Size::kNarrow ? 18 : 32, 26));
  const bool open = ImGui::BeginPopup(popup);
  ImGui::PopStyleVar();
  if (!open) return false;
  const ImVec2 at = ImGui::GetWindowPos();
  draw_shadow(ui, ImGui::GetWindowDrawList(), at, ImVec2(at.x + size.x, at.y + size.y), kRadius);
  ui.mirror.push(key, "dialog", title);
  name(ui, title);
  return true;
}

void end_sheet(Ui& ui) {
  space(8);
  ui.mirror.pop();
  ImGui::EndPopup();
}

void draw_help(Ui& ui) {
  if (!begin_sheet(ui, kHelpPopup, "help.sheet", ui.tr(S::kHelpTitle), 620)) return;
  space(8);
  sentence(ui, ui.tr(S::kHelpWhat));
  space(10);
  sentence(ui, ui.tr(S::kHelpAsk));
  space(18);
  section(ui, ui.tr(S::kHelpKeys));
  key_row(ui, ui.tr(S::kHelpTab));
  key_row(ui, ui.tr(S::kHelpEnter));
  key_row(ui, ui.tr(S::kHelpArrows));
  key_row(ui, ui.tr(S::kHelpDigits, {std::to_string(panels().size())}));
  key_row(ui, ui.tr(S::kHelpSlash));
  key_row(ui, ui.tr(S::kHelpEscape));
  key_row(ui, ui.tr(S::kHelpLeave));
  key_row(ui, ui.tr(S::kHelpQuestion));
  if (const std::string_view reason = ui.tr(ui.vm.build_reason); !reason.empty()) {
    space(14);
    section(ui, ui.tr(S::kHelpComputes));
    paragraph(ui, reason, kLabelSize, ui.theme.ink2);
  }
  space(14);
  section(ui, ui.tr(S::kHelpSources));
  for (const CatalogModel& m : ui.vm.catalog) {
    paragraph(ui, ui.tr(S::kHelpModel, {m.title, m.licence}), kLabelSize, ui.theme.ink2);
  }
  if (const std::string names = credits(ui); !names.empty()) {
    paragraph(ui, ui.tr(S::kHelpPhotos, {names}), kLabelSize, ui.theme.ink2);
  }
  space(18);
  if (button(ui, "help.close", ui.tr(S::kClose), {.style = ButtonStyle::kPrimary}))
    ImGui::CloseCurrentPopup();
  end_sheet(ui);
}

}  // namespace convscope
