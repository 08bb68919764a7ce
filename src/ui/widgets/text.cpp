#include "ui/widgets/text.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "imgui_internal.h"

namespace convscope {
namespace {

constexpr float kLongestLine = 640;  // px: longer lines are hard to read
constexpr float kLineHeight = 1.45f;

struct Run {
  std::string_view text;
  ImFont* font;
  ImU32 colour;
  bool underlined;
  float x = 0, width = 0;
};
using Line = std::vector<Run>;

// Closing marks of Chinese and English that must not begin a line.
bool may_not_begin_line(unsigned int c) {
  constexpr char32_t kClosing[] = U"，。、；：？！）》」』】”’%…,.;:?!)";
  return std::find(std::begin(kClosing), std::end(kClosing) - 1, static_cast<char32_t>(c)) !=
         std::end(kClosing) - 1;
}
bool is_wide(unsigned int c) { return c >= 0x2E80 && c < 0xFFF0; }

// Breaks marked text into lines no wider than `width`.
class Layout {
 public:
  Layout(const Ui& ui, std::string_view text, float size, ImU32 colour, float width, bool bold,
         bool marks = true)
      : ui_(ui),
        size_(size),
        colour_(colour),
        width_(width),
        marks_(marks),
        base_(bold ? ui.fonts.bold : ui.fonts.text) {
    lines.emplace_back();
    const char* at = text.data();
    const char* end = at + text.size();
    while (at < end) at = take(at, end);
  }
  std::vector<Line> lines;

 private:
  // One unbreakable piece: a mark, a line break, a word with the blanks before it, or one Chinese
  // character.
  const char* take(const char* at, const char* end) {
    if (is_mark(*at)) {
      (*at == '*' ? strong_ : target_) ^= true;
      return at + 1;
    }
    if (*at == '\n') {
      lines.emplace_back();
      x_ = 0;
      return at + 1;
    }
    const char* from = at;
    while (at < end && *at == ' ') ++at;
    const char* word = at;
    while (at < end && *at != ' ' && *at != '\n' && !is_mark(*at)) {
      unsigned int c = 0;
      const int bytes = std::max(1, ImTextCharFromUtf8(&c, at, end));
      if (is_wide(c) && !may_not_begin_line(c) && at > word) break;
      at += bytes;
      if (is_wide(c) && (at >= end || !next_sticks(at, end))) break;
    }
    place(std::string_view(from, static_cast<size_t>(at - from)),
          std::string_view(word, static_cast<size_t>(at - word)));
    return at;
  }

  bool is_mark(char c) const { return marks_ && (c == '*' || c == '^'); }

  static bool next_sticks(const char* at, const char* end) {
    unsigned int c = 0;
    ImTextCharFromUtf8(&c, at, end);
    return may_not_begin_line(c);
  }

  void place(std::string_view piece, std::string_view word) {
    ImFont* font = strong_ || target_ ? ui_.fonts.bold : base_;
    float width = text_width(ui_, font, size_, piece);
    if (x_ > 0 && x_ + width > width_ && !word.empty()) {
      lines.emplace_back();
      x_ = 0;
      piece = word;
      width = text_width(ui_, font, size_, piece);
    }
    const ImU32 colour = target_ ? ui_.theme.target : strong_ ? ui_.theme.ink : colour_;
    lines.back().push_back(Run{piece, font, colour, target_, x_, width});
    x_ += width;
  }

  const Ui& ui_;
  float size_;
  ImU32 colour_;
  float width_;
  bool marks_;
  ImFont* base_;
  float x_ = 0;
  bool strong_ = false, target_ = false;
};

void draw_lines(const Ui& ui, const Layout& layout, ImVec2 at, float size, float line_height,
                bool underline_target, ImDrawList* list) {
  for (const Line& line : layout.lines) {
    for (const Run& run : line) {
      draw_text(ui, list, ImVec2(at.x + run.x, at.y + (line_height - size) / 2), run.font, size,
                run.colour, run.text);
      if (run.underlined && underline_target) {
        const float y = at.y + (line_height + size) / 2 + 1;
        list->AddRectFilled(ImVec2(std::floor(at.x + run.x), y),
                            ImVec2(std::ceil(at.x + run.x + run.width), y + 2.5f),
                            ui.theme.target_fill);
      }
    }
    at.y += line_height;
  }
}

// Draws, advances, and tells the mirror.
void put(Ui& ui, std::string_view text, float size, ImU32 colour, float width, bool bold,
         MirrorNode node, bool underline_target = false, bool marks = true) {
  if (text.empty()) return;
  const Layout layout(ui, text, size, colour, width, bold, marks);
  const float line_height = std::round(size * kLineHeight);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 extent(width, line_height * static_cast<float>(layout.lines.size()));
  draw_lines(ui, layout, at, size, line_height, underline_target, ImGui::GetWindowDrawList());
  ImGui::Dummy(extent);
  node.label = text;
  ui.mirror.visible(std::move(node), at, ImVec2(at.x + extent.x, at.y + extent.y));
}

}  // namespace

float text_width(const Ui&, ImFont* font, float size, std::string_view text) {
  if (text.empty()) return 0;  // Dear ImGui takes a null end for "until the zero byte"
  return font->CalcTextSizeA(size, FLT_MAX, 0, text.data(), text.data() + text.size()).x;
}

void draw_text(const Ui&, ImDrawList* list, ImVec2 position, ImFont* font, float size, ImU32 colour,
               std::string_view text) {
  list->AddText(font, size, ImVec2(std::round(position.x), std::round(position.y)), colour,
                text.data(), text.data() + text.size());
}

std::string fitted(const Ui& ui, ImFont* font, float size, std::string_view text, float width) {
  if (text_width(ui, font, size, text) <= width) return std::string(text);
  const float room = width - text_width(ui, font, size, "…");
  size_t kept = 0;
  for (const char* at = text.data(); at < text.data() + text.size();) {
    unsigned int c = 0;
    at += std::max(1, ImTextCharFromUtf8(&c, at, text.data() + text.size()));
    const size_t bytes = static_cast<size_t>(at - text.data());
    if (text_width(ui, font, size, text.substr(0, bytes)) > room) break;
    kept = bytes;
  }
  return std::string(text.substr(0, kept)) + "…";
}

float paragraph_height(const Ui& ui, std::string_view text, float size, float wrap_width) {
  const Layout layout(ui, text, size, ui.theme.ink, wrap_width, false);
  return std::round(size * kLineHeight) * static_cast<float>(layout.lines.size());
}

void question(Ui& ui, std::string_view text) {
  const float size = ui.size == Size::kNarrow ? 23 : kQuestionSize;
  put(ui, text, size, ui.theme.ink, ImGui::GetContentRegionAvail().x, true,
      MirrorNode{.key = "question", .role = "heading", .level = 1}, true);
}

void section(Ui& ui, std::string_view text) {
  put(ui, text, kLabelSize, ui.theme.ink3, ImGui::GetContentRegionAvail().x, false,
      MirrorNode{.key = "", .role = "heading", .level = 2});
  space(6);
}

void sentence(Ui& ui, std::string_view text) {
  put(ui, text, kTextSize, ui.theme.ink2, std::min(kLongestLine, ImGui::GetContentRegionAvail().x),
      false, MirrorNode{.key = ""});
}

void paragraph(Ui& ui, std::string_view text, float size, ImU32 colour, float wrap_width) {
  const float room = ImGui::GetContentRegionAvail().x;
  put(ui, text, size, colour, wrap_width > 0 ? std::min(wrap_width, room) : room, false,
      MirrorNode{.key = ""});
}

void caption(Ui& ui, std::string_view text) {
  const float width = ImGui::GetContentRegionAvail().x;
  const std::string shown = fitted(ui, ui.fonts.text, kStatusSize, text, width);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = std::round(kStatusSize * kLineHeight);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + 2), ui.fonts.text, kStatusSize,
            ui.theme.ink3, shown);
  ImGui::Dummy(ImVec2(text_width(ui, ui.fonts.text, kStatusSize, shown), height));
  ui.mirror.visible(MirrorNode{.key = "", .label = std::string(text)}, at,
                    ImVec2(at.x + width, at.y + height));
}

void number_row(Ui& ui, std::string_view label, std::string_view value) {
  const float width = ImGui::GetContentRegionAvail().x, height = 22;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float value_width = text_width(ui, ui.fonts.text, kLabelSize, value);
  const std::string shown =
      fitted(ui, ui.fonts.text, kLabelSize, label, width - value_width - kGrid);
  draw_text(ui, list, ImVec2(at.x, at.y + 3), ui.fonts.text, kLabelSize, ui.theme.ink3, shown);
  draw_text(ui, list, ImVec2(at.x + width - value_width, at.y + 3), ui.fonts.text, kLabelSize,
            ui.theme.ink, value);
  ImGui::Dummy(ImVec2(width, height));
  ui.mirror.visible(MirrorNode{.key = "", .label = std::string(label) + ": " + std::string(value)},
                    at, ImVec2(at.x + width, at.y + height));
}

void formula(Ui& ui, std::string_view symbols, std::string_view numbers, std::string_view result) {
  const float width = ImGui::GetContentRegionAvail().x, padding = 12;
  const float wrap = width - 2 * padding;
  float height = 2 * padding;
  for (const std::string_view part : {symbols, numbers, result}) {
    if (!part.empty()) height += paragraph_height(ui, part, kTextSize, wrap) + 4;
  }
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + width, at.y + height - 4),
                                            ui.theme.paper, kRadius);
  ImGui::SetCursorScreenPos(ImVec2(at.x + padding, at.y + padding));
  ImGui::BeginGroup();
  const auto part = [&](std::string_view text, ImU32 colour) {
    if (text.empty()) return;
    // Mathematics uses * and ^ for itself.
    put(ui, text, kTextSize, colour, wrap, text == result, MirrorNode{.key = ""}, false, false);
    space(4);
  };
  part(symbols, ui.theme.ink);
  part(numbers, ui.theme.accent);
  part(result, ui.theme.accent);
  ImGui::EndGroup();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, height - 4));
}

void name(Ui& ui, std::string_view text) {
  put(ui, text, kNameSize, ui.theme.ink, ImGui::GetContentRegionAvail().x, true,
      MirrorNode{.key = "", .role = "heading", .level = 2});
}

void draw_shadow(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max, float radius) {
  constexpr int kRings = 10;
  list->PushClipRectFullScreen();
  for (int i = 0; i < kRings; ++i) {
    const float out = float(i) + 0.5f, fade = 1 - out / kRings;
    list->AddRect(ImVec2(min.x - out, min.y - out + 2), ImVec2(max.x + out, max.y + out + 2),
                  with_alpha(ui.theme.shadow, 0.45f * fade * fade), radius + out, 1.5f);
  }
  list->AddRect(ImVec2(min.x - 0.5f, min.y - 0.5f), ImVec2(max.x + 0.5f, max.y + 0.5f),
                ui.theme.line, radius, ui.theme.rule);
  list->PopClipRect();
}

void hint(Ui& ui, std::string_view text, ImVec2 beside_min, ImVec2 beside_max) {
  constexpr float kWidest = 280, kPadding = 9;
  const Layout layout(ui, text, kLabelSize, ui.theme.ink2, kWidest, false);
  const float line_height = std::round(kLabelSize * kLineHeight);
  float width = 0;
  for (const Line& line : layout.lines) {
    if (!line.empty()) width = std::max(width, line.back().x + line.back().width);
  }
  const ImVec2 extent(width + 2 * kPadding,
                      line_height * float(layout.lines.size()) + 2 * kPadding - 4);
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  ImVec2 at(beside_max.x + 8, (beside_min.y + beside_max.y - extent.y) / 2);
  if (at.x + extent.x > screen.x - 4) {
    at = ImVec2(beside_min.x, beside_max.y + 6);
    if (at.y + extent.y > screen.y - 4) at.y = beside_min.y - extent.y - 6;
  }
  at.x = std::round(std::clamp(at.x, 4.0f, std::max(4.0f, screen.x - extent.x - 4)));
  at.y = std::round(std::clamp(at.y, 4.0f, std::max(4.0f, screen.y - extent.y - 4)));
  ImDrawList* list = ImGui::GetForegroundDrawList();
  const ImVec2 end(at.x + extent.x, at.y + extent.y);
  draw_shadow(ui, list, at, end, kRadius);
  list->AddRectFilled(at, end, ui.theme.sheet, kRadius);
  draw_lines(ui, layout, ImVec2(at.x + kPadding, at.y + kPadding - 2), kLabelSize, line_height,
             false, list);
}

void space(float px) { ImGui::Dummy(ImVec2(0, px)); }

void hold_place(Ui& ui, std::string_view key) {
  const int frame = ImGui::GetFrameCount();
  const float y = ImGui::GetCursorPosY();
  Ui::Motion& place =
      ui.motions.try_emplace(ImHashData(key.data(), key.size(), 0x401d), Ui::Motion{y, frame})
          .first->second;
  if (place.frame + 1 < frame) place.value = y;
  place.frame = frame;
  place.value = std::max(place.value, y);
  if (place.value > y) space(place.value - y);
}

void rule(Ui& ui) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + width, at.y + ui.theme.rule),
                                            ui.theme.line);
  ImGui::Dummy(ImVec2(width, ui.theme.rule));
}

}  // namespace convscope
