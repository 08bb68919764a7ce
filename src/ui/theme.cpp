#include "ui/theme.h"

namespace convscope {
namespace {

constexpr ImU32 rgb(uint32_t hex) {
  return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, 255);
}

Theme light() {
  Theme t{};
  t.paper = rgb(0xFBFAF7), t.sheet = rgb(0xFFFFFF);
  t.ink = rgb(0x1C2127), t.ink2 = rgb(0x454C55), t.ink3 = rgb(0x6B727C), t.faint = rgb(0x8A8F98);
  t.line = rgb(0xE6E2D8), t.track = rgb(0xF0ECE2), t.hover = rgb(0xF4F1EA);
  t.accent = rgb(0x0B6E99), t.accent_soft = rgb(0xEAF3F7), t.on_accent = rgb(0xFFFFFF);
  t.target = rgb(0xC65A14), t.target_fill = rgb(0xE4772E);
  t.good = rgb(0x2E9E6B), t.danger = rgb(0xB3261E), t.shadow = IM_COL32(28, 33, 39, 46);
  return t;
}

Theme dark() {
  Theme t{};
  t.paper = rgb(0x14171B), t.sheet = rgb(0x1B1F24);
  t.ink = rgb(0xE9EAEC), t.ink2 = rgb(0xC2C6CB), t.ink3 = rgb(0x9AA1AA), t.faint = rgb(0x7A818B);
  t.line = rgb(0x2E343B), t.track = rgb(0x2A3037), t.hover = rgb(0x242A30);
  t.accent = rgb(0x4DB5E0), t.accent_soft = rgb(0x1D323D), t.on_accent = rgb(0x0E1318);
  t.target = rgb(0xF0975A), t.target_fill = rgb(0xE4772E);
  t.good = rgb(0x4CC38A), t.danger = rgb(0xFF8A80), t.shadow = IM_COL32(0, 0, 0, 140);
  t.dark = true;
  return t;
}

Theme contrast() {
  Theme t{};
  t.paper = t.sheet = rgb(0xFFFFFF);
  t.ink = t.ink2 = t.ink3 = t.faint = rgb(0x000000);
  t.line = rgb(0x000000), t.track = rgb(0xD0D0D0), t.hover = rgb(0xE8E8E8);
  t.accent = rgb(0x00497A), t.accent_soft = rgb(0xD6EBF7), t.on_accent = rgb(0xFFFFFF);
  t.target = rgb(0x8F3600), t.target_fill = rgb(0xB84A00);
  t.good = rgb(0x00603A), t.danger = rgb(0x9B0000), t.shadow = IM_COL32(0, 0, 0, 90);
  t.rule = 2;
  return t;
}

}  // namespace

Theme make_theme(ThemeChoice choice, bool system_is_dark) {
  switch (choice) {
    case ThemeChoice::kLight:
      return light();
    case ThemeChoice::kDark:
      return dark();
    case ThemeChoice::kContrast:
      return contrast();
    case ThemeChoice::kAuto:
      break;
  }
  return system_is_dark ? dark() : light();
}

void apply_theme(const Theme& theme) {
  ImGuiStyle& style = ImGui::GetStyle();
  style.WindowPadding = style.FramePadding = style.CellPadding = ImVec2(0, 0);
  style.ItemSpacing = ImVec2(kGrid, 0);
  style.ItemInnerSpacing = ImVec2(kGrid, 0);
  style.WindowBorderSize = style.ChildBorderSize = style.PopupBorderSize = style.FrameBorderSize =
      0;
  style.WindowRounding = style.ChildRounding = 0;
  style.PopupRounding = style.FrameRounding = kRadius;
  style.WindowMinSize = ImVec2(1, 1);
  style.ScrollbarSize = 8;
  style.ScrollbarRounding = 4;
  style.ScrollbarPadding = 1;
  style.DisabledAlpha = 1;  // our widgets say it by their own colours
  style.AntiAliasedLinesUseTex = false;
  style.CurveTessellationTol = 0.6f;
  style.FontSizeBase = kTextSize;

  const auto vec = [](ImU32 c) { return ImGui::ColorConvertU32ToFloat4(c); };
  ImVec4* c = style.Colors;
  for (int i = 0; i < ImGuiCol_COUNT; ++i) c[i] = vec(theme.ink);
  for (const int i : {ImGuiCol_WindowBg, ImGuiCol_ChildBg, ImGuiCol_Border, ImGuiCol_BorderShadow,
                      ImGuiCol_FrameBg, ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive,
                      ImGuiCol_ScrollbarBg, ImGuiCol_ModalWindowDimBg, ImGuiCol_NavCursor,
                      ImGuiCol_NavWindowingHighlight, ImGuiCol_NavWindowingDimBg}) {
    c[i] = ImVec4(0, 0, 0, 0);
  }
  c[ImGuiCol_PopupBg] = vec(theme.sheet);
  c[ImGuiCol_TextDisabled] = vec(theme.ink3);
  c[ImGuiCol_ScrollbarGrab] = vec(theme.line);
  c[ImGuiCol_ScrollbarGrabHovered] = vec(theme.faint);
  c[ImGuiCol_ScrollbarGrabActive] = vec(theme.ink3);
  c[ImGuiCol_TextSelectedBg] = vec(with_alpha(theme.accent, 0.3f));
  c[ImGuiCol_InputTextCursor] = vec(theme.accent);
}

ImU32 with_alpha(ImU32 colour, float alpha) {
  const float a = static_cast<float>(colour >> IM_COL32_A_SHIFT) * alpha;
  return (colour & ~IM_COL32_A_MASK) | (static_cast<ImU32>(a + 0.5f) << IM_COL32_A_SHIFT);
}

ImU32 mix(ImU32 a, ImU32 b, float t) {
  ImU32 out = 0;
  for (const int shift : {0, 8, 16, 24}) {
    const float x = static_cast<float>((a >> shift) & 255),
                y = static_cast<float>((b >> shift) & 255);
    out |= static_cast<ImU32>(x + (y - x) * t + 0.5f) << shift;
  }
  return out;
}

}  // namespace convscope
