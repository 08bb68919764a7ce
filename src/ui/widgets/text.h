// Text: what is read on the page. Every function draws, advances the cursor and puts what it says
// into the mirror.
#pragma once

#include <string_view>

#include "ui/ui.h"

namespace convscope {

// The question of the stage, 28 px. Marks * and ^ work (strings.h).
void question(Ui& ui, std::string_view text);
// A small heading of a group, 13 px, ink-3: "Settings", "Under the pointer · cell (6, 4)".
void section(Ui& ui, std::string_view text);
// A sentence, 15 px, wrapped at the available width (at most 640 px), with marks.
void sentence(Ui& ui, std::string_view text);
// The same in another size and colour.
void paragraph(Ui& ui, std::string_view text, float size, ImU32 colour, float wrap_width = 0);
// 12 px, ink-3, one line, cut with … at the available width.
void caption(Ui& ui, std::string_view text);
// A label at the left, a number at the right edge, one line; 13 px.
void number_row(Ui& ui, std::string_view label, std::string_view value);
// Mathematics in a soft box: symbols first line, this picture's numbers in accent beneath, result
// last.
void formula(Ui& ui, std::string_view symbols, std::string_view numbers, std::string_view result);
// The name of a layer or a model, 20 px, bold.
void name(Ui& ui, std::string_view text);

// Measures and draws without cursor or mirror: for widgets. `size` in px; returns the width.
float text_width(const Ui& ui, ImFont* font, float size, std::string_view text);
void draw_text(const Ui& ui, ImDrawList* list, ImVec2 position, ImFont* font, float size,
               ImU32 colour, std::string_view text);
// Cuts with … where it is wider than `width`.
std::string fitted(const Ui& ui, ImFont* font, float size, std::string_view text, float width);
// Height that paragraph() will take.
float paragraph_height(const Ui& ui, std::string_view text, float size, float wrap_width);

// A small card beside a rectangle, over everything; for what is said only under the pointer.
void hint(Ui& ui, std::string_view text, ImVec2 beside_min, ImVec2 beside_max);

// The soft shadow around a card or an open popup: rings outside the rectangle, over everything
// else.
void draw_shadow(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max, float radius);

// Vertical distance, in px.
void space(float px);
// What follows never moves up while `key` is drawn in every frame: numbers that come and go under
// the pointer must not pull a control away from it.
void hold_place(Ui& ui, std::string_view key);
// A hairline over the available width.
void rule(Ui& ui);

}  // namespace convscope
