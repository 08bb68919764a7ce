// slider, search field, progress, and the controls of a method's parameter table.
#include <algorithm>
#include <cmath>

#include "imgui_internal.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kTrack = 4, kKnob = 7;
constexpr int kSearchBytes = 96;

double fraction_of(double value, const SliderOptions& o) {
  const double span = o.maximum - o.minimum;
  if (span <= 0) return 0;
  if (o.logarithmic && o.minimum > 0)
    return std::log(value / o.minimum) / std::log(o.maximum / o.minimum);
  return (value - o.minimum) / span;
}

double value_at(double fraction, const SliderOptions& o) {
  fraction = std::clamp(fraction, 0.0, 1.0);
  double value = o.logarithmic && o.minimum > 0
                     ? o.minimum * std::pow(o.maximum / o.minimum, fraction)
                     : o.minimum + (o.maximum - o.minimum) * fraction;
  if (o.step > 0) {
    value = o.minimum + std::round((value - o.minimum) / o.step) * o.step;
  } else if (value != 0) {
    // Three digits are all that a hand can set, and keep the permalink short.
    const double unit = std::pow(10, std::floor(std::log10(std::fabs(value))) - 2);
    value = std::round(value / unit) * unit;
  }
  return std::clamp(value, o.minimum, o.maximum);
}

double stepped(double value, int direction, const SliderOptions& o) {
  if (o.step > 0) return std::clamp(value + direction * o.step, o.minimum, o.maximum);
  return value_at(fraction_of(value, o) + direction * 0.02, o);
}

std::string shown_value(double value, const SliderOptions& o) {
  if (!o.shown.empty()) return std::string(o.shown);
  std::string text = o.step >= 1     ? integer(static_cast<int64_t>(std::llround(value)))
                     : o.logarithmic ? significant(value)
                                     : fixed(value, o.digits);
  if (!o.unit.empty()) text += " " + std::string(o.unit);
  return text;
}

// What pointer and keyboard make of the value while the slider's item is the last one submitted.
double operated(Ui& ui, const Hit& hit, double value, const SliderOptions& o) {
  const ImGuiIO& io = ImGui::GetIO();
  if (hit.held && ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
    const double width = std::max(1.0f, hit.max.x - hit.min.x - 2 * kKnob);
    value = value_at((io.MousePos.x - hit.min.x - kKnob) / width, o);
  }
  if (hit.focused) {
    for (const ImGuiKey key : {ImGuiKey_LeftArrow, ImGuiKey_RightArrow}) {
      ImGui::SetKeyOwner(key, hit.id);
      if (ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, hit.id)) {
        value = stepped(value, key == ImGuiKey_LeftArrow ? -1 : 1, o);
      }
    }
  }
  if (const auto wish = ui.mirror.take_value(hit.id))
    value = value_at(fraction_of(std::clamp(*wish, o.minimum, o.maximum), o), o);
  return value;
}

void draw_slider(Ui& ui, const Hit& hit, std::string_view label, std::string_view number,
                 double fraction) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float number_width = text_width(ui, ui.fonts.text, kLabelSize, number);
  draw_text(
      ui, list, ImVec2(hit.min.x, hit.min.y + 1), ui.fonts.text, kLabelSize, ui.theme.ink,
      fitted(ui, ui.fonts.text, kLabelSize, label, hit.max.x - hit.min.x - number_width - kGrid));
  draw_text(ui, list, ImVec2(hit.max.x - number_width, hit.min.y + 1), ui.fonts.text, kLabelSize,
            ui.theme.ink, number);
  const float y = hit.max.y - 11, left = hit.min.x, right = hit.max.x;
  const float x = left + kKnob + static_cast<float>(fraction) * (right - left - 2 * kKnob);
  list->AddRectFilled(ImVec2(left, y - kTrack / 2), ImVec2(right, y + kTrack / 2), ui.theme.track,
                      kTrack / 2);
  list->AddRectFilled(ImVec2(left, y - kTrack / 2), ImVec2(x, y + kTrack / 2), ui.theme.accent,
                      kTrack / 2);
  const float grow = ui.animate(hit.id, hit.held ? 1.5f : hit.hovered ? 1.0f : 0.0f, 0.12f);
  list->AddCircleFilled(ImVec2(x, y), kKnob + grow, ui.theme.accent);
  list->AddCircleFilled(ImVec2(x, y), kKnob + grow - 2.5f, ui.theme.sheet);
}

}  // namespace

bool slider(Ui& ui, std::string_view key, std::string_view label, double* value,
            const SliderOptions& o) {
  const double before = std::clamp(*value, o.minimum, o.maximum);
  const std::string number = shown_value(before, o);
  const Hit hit =
      hit_area(ui,
               MirrorNode{.key = std::string(key),
                          .role = "slider",
                          .label = std::string(label),
                          .value = number,
                          .low = o.minimum,
                          .high = o.maximum,
                          .now = before,
                          .step = o.step > 0 ? std::optional(o.step) : std::nullopt},
               ImVec2(ImGui::GetContentRegionAvail().x, ui.touch ? 48 : 42), kSmallRadius);
  const double after = operated(ui, hit, before, o);
  draw_slider(ui, hit, label, shown_value(after, o), std::clamp(fraction_of(after, o), 0.0, 1.0));
  if (after == *value) return false;
  *value = after;
  return true;
}

bool slider(Ui& ui, std::string_view key, std::string_view label, float* value,
            const SliderOptions& options) {
  double wide = static_cast<double>(*value);
  if (!slider(ui, key, label, &wide, options)) return false;
  *value = static_cast<float>(wide);
  return true;
}

bool search_field(Ui& ui, std::string_view key, std::string_view label, std::string* text,
                  float width) {
  char buffer[kSearchBytes] = {};
  text->copy(buffer, sizeof buffer - 1);
  const std::string id = "##" + std::string(key);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = ui.touch ? 40 : 34;
  list->AddRectFilled(at, ImVec2(at.x + width, at.y + height), ui.theme.track, kRadius);
  ImGui::PushFont(ui.fonts.text, kTextSize);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(12, (height - kTextSize) / 2 - 1));
  ImGui::SetNextItemWidth(width);
  const bool changed =
      ImGui::InputTextWithHint(id.c_str(), std::string(label).c_str(), buffer, sizeof buffer);
  ui.mirror.control(MirrorNode{
      .key = std::string(key), .role = "searchbox", .label = std::string(label), .value = *text});
  if (ImGui::IsItemActive()) {
    list->AddRect(at, ImVec2(at.x + width, at.y + height), ui.theme.accent, kRadius, 2);
    ui.want_frame_in(530);  // the cursor blinks
  }
  ImGui::PopStyleVar();
  ImGui::PopFont();
  if (changed) *text = buffer;
  return changed;
}

bool progress_bar(Ui& ui, std::string_view key, std::string_view label, double fraction,
                  bool cancellable) {
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, ImVec2(at.x + width, at.y + 4), ui.theme.track, 2);
  if (fraction >= 0) {
    const float shown = ui.animate(key, static_cast<float>(std::clamp(fraction, 0.0, 1.0)));
    list->AddRectFilled(at, ImVec2(at.x + width * shown, at.y + 4), ui.theme.accent, 2);
  } else {
    const float place = static_cast<float>(std::fmod(ui.seconds * 0.6, 1.0));
    list->AddRectFilled(ImVec2(at.x + width * place * 0.7f, at.y),
                        ImVec2(at.x + width * (place * 0.7f + 0.3f), at.y + 4), ui.theme.accent, 2);
    ui.want_frame_in(66);
  }
  ImGui::Dummy(ImVec2(width, 4));
  MirrorNode node{.key = std::string(key), .role = "progressbar", .label = std::string(label)};
  if (fraction >= 0) node.low = 0, node.high = 100, node.now = std::round(fraction * 100);
  ui.mirror.visible(std::move(node), at, ImVec2(at.x + width, at.y + 4));
  space(4);
  caption(ui, label);
  if (!cancellable) return false;
  ImGui::SameLine();
  return button(ui, std::string(key) + ".cancel", ui.tr(S::kCancel),
                {.style = ButtonStyle::kQuiet});
}

bool method_parameters(Ui& ui, const MethodInfo& method,
                       std::initializer_list<std::string_view> skip) {
  bool changed = false;
  for (const ParameterInfo& p : method.parameters) {
    if (std::find(skip.begin(), skip.end(), p.id) != skip.end()) continue;
    const std::string key = method.id + "." + p.id;
    double value = parameter_of(ui.state, method, p);
    bool edited = false;
    if (p.type == ParameterType::kBool) {
      bool on = value > 0.5;
      edited = toggle(ui, key, ui.tr(p.title), &on);
      value = on;
    } else if (p.type == ParameterType::kChoice) {
      std::vector<std::string> names;
      for (const Text& choice : p.choices) names.emplace_back(ui.tr(choice));
      int index = static_cast<int>(value);
      paragraph(ui, ui.tr(p.title), kLabelSize, ui.theme.ink);
      space(4);
      edited = dropdown(ui, key, ui.tr(p.title), names, &index);
      space(8);
      value = index;
    } else {
      const double step = p.type == ParameterType::kInteger ? std::max(1.0, p.step) : p.step;
      edited = slider(ui, key, ui.tr(p.title), &value,
                      {.minimum = p.minimum,
                       .maximum = p.maximum,
                       .step = step,
                       .logarithmic = p.logarithmic,
                       .digits = p.step >= 1     ? 0
                                 : p.step >= 0.1 ? 1
                                                 : 2,
                       .unit = p.unit});
    }
    if (edited) set_parameter(ui.state, method, p, value);
    changed |= edited;
  }
  return changed;
}

void method_notes(Ui& ui, const MethodInfo& method) {
  ui.mirror.push("method.notes", "region", ui.tr(method.title));
  section(ui, ui.tr(S::kHowItWorks));
  paragraph(ui, ui.tr(method.intuition), kLabelSize, ui.theme.ink2);
  space(8);
  if (!method.equation.empty()) {
    formula(ui, method.equation, "", "");
    space(8);
  }
  if (const std::string_view departures = ui.tr(method.departures); !departures.empty()) {
    paragraph(ui, departures, kStatusSize, ui.theme.ink3);
    space(6);
  }
  if (!method.citation.empty()) paragraph(ui, method.citation, kStatusSize, ui.theme.ink3);
  if (!method.paper.empty()) link(ui, "method.paper", ui.tr(S::kPaperLink), method.paper);
  if (!method.source.empty()) {
    const std::string label = ui.tr(S::kSourceLink, {method.source});
    if (ui.source_url.empty()) {
      paragraph(ui, label, kStatusSize, ui.theme.ink3);
    } else {
      link(ui, "method.source", label, ui.source_url + method.source);
    }
  }
  ui.mirror.pop();
}

}  // namespace convscope
