// Top bar: which picture does the network look at?
#include "ui/panels/bar_parts.h"
#include "ui/widgets/picture.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kThumb = 36;

void draw_dashed_box(ImDrawList* list, ImVec2 min, ImVec2 max, ImU32 colour) {
  constexpr float kDash = 4;
  for (float t = 2; t < max.x - min.x - 2; t += 2 * kDash) {
    const float end = std::min(t + kDash, max.x - min.x - 2);
    list->AddLine(ImVec2(min.x + t, min.y), ImVec2(min.x + end, min.y), colour);
    list->AddLine(ImVec2(min.x + t, max.y), ImVec2(min.x + end, max.y), colour);
    list->AddLine(ImVec2(min.x, min.y + t), ImVec2(min.x, min.y + end), colour);
    list->AddLine(ImVec2(max.x, min.y + t), ImVec2(max.x, min.y + end), colour);
  }
}

void picture_menu(Ui& ui, const Hit& hit, const FrameContext& context) {
  if (!begin_menu(ui, "picture##popup", hit, 300)) return;
  ui.mirror.push("picture.list", "menu", ui.tr(S::kAddPicture));
  if (menu_item(ui, "picture.open", ui.tr(S::kOpenFile))) ui.host.request("open_file");
  if (menu_item(ui, "picture.camera", ui.tr(S::kUseCamera))) ui.host.request("webcam", "start");
  space(6);
  ImGui::Indent(12);
  paragraph(ui, ui.tr(S::kDropHint, {context.mac ? "⌘V" : "Ctrl+V"}), kStatusSize, ui.theme.ink3,
            268);
  ImGui::Unindent(12);
  space(6);
  ui.mirror.pop();
  ImGui::EndPopup();
}

}  // namespace

float draw_pictures(Ui& ui, float x, float y, float right, const FrameContext& context) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  ui.mirror.push("pictures", "list", ui.tr(S::kSamples));
  const float step = kThumb + 6;
  const bool own = ui.state.image.empty() && ui.vm.image;
  size_t shown = 0;
  const float room = right - x - step * (own ? 2.0f : 1.0f);
  for (const Sample& sample : ui.vm.samples) {
    const bool selected = sample.id == ui.state.image;
    // Where not all of them fit, the chosen one still does.
    if (float(shown + 1) * step > room && !selected) continue;
    const Hit hit = hit_area_at(ui,
                                MirrorNode{.key = "sample." + sample.id,
                                           .role = "button",
                                           .label = std::string(ui.tr(sample.title)),
                                           .selected = selected},
                                ImVec2(x, y - kThumb / 2), ImVec2(x + kThumb, y + kThumb / 2));
    if (sample.thumbnail.rgba.empty()) {
      list->AddRectFilled(hit.min, hit.max, ui.theme.track, kRadius);
    } else {
      const float strength = ui.animate(hit.id, selected || hit.hovered ? 1.0f : 0.72f);
      draw_picture(list, ui.textures.of(sample.thumbnail), hit.min, hit.max, kRadius, strength);
    }
    if (selected) draw_selection(ui, list, hit.min, hit.max);
    if (hit.hovered) hint(ui, ui.tr(sample.title), hit.min, ImVec2(hit.min.x - 1e4f, hit.max.y));
    if (hit.pressed) ui.state.image = sample.id;
    x += step;
    ++shown;
  }
  ui.mirror.pop();
  if (own) {
    const ImVec2 min(x, y - kThumb / 2), max(x + kThumb, y + kThumb / 2);
    draw_picture(list, ui.textures.of(ui.vm.image->preview), min, max);
    draw_selection(ui, list, min, max);
    ui.mirror.visible(MirrorNode{.key = "image.own",
                                 .role = "img",
                                 .label = std::string(ui.tr(S::kOwnPicture)),
                                 .value = ui.vm.image_name},
                      min, max);
    x += step;
  }
  const Hit plus = hit_area_at(ui,
                               MirrorNode{.key = "picture",
                                          .role = "button",
                                          .label = std::string(ui.tr(S::kAddPicture)),
                                          .expanded = ImGui::IsPopupOpen("picture##popup")},
                               ImVec2(x, y - kThumb / 2), ImVec2(x + kThumb, y + kThumb / 2));
  if (plus.hovered) list->AddRectFilled(plus.min, plus.max, ui.theme.hover, kRadius);
  draw_dashed_box(list, plus.min, plus.max, ui.theme.faint);
  const ImVec2 c((plus.min.x + plus.max.x) / 2, y);
  list->AddLine(ImVec2(c.x - 6, c.y), ImVec2(c.x + 6, c.y), ui.theme.ink3, 1.6f);
  list->AddLine(ImVec2(c.x, c.y - 6), ImVec2(c.x, c.y + 6), ui.theme.ink3, 1.6f);
  if (plus.pressed) ImGui::OpenPopup("picture##popup");
  picture_menu(ui, plus, context);
  return x + kThumb;
}

}  // namespace convscope
