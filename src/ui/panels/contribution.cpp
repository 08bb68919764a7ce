// How much does each layer add? Gradient × activation of every layer, one layer's channels, and
// what the network answers without some of them.
#include "ui/panels/contribution_parts.h"

#include <algorithm>
#include <cmath>

#include "ui/panels/faithfulness_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kLayersMethod = "layer_contributions", kLayersSlot = "contribution.all",
                           kAblationMethod = "ablation";
constexpr float kChartHeight = 100, kNamesHeight = 18, kHeadroom = 20;  // above the bars: the words

// The bar under the pointer; drawn one frame after it was found.
std::string pointed_layer;

bool can_be_asked(const LayerInfo& layer) {
  return layer.kind != "input" && layer.kind != "logits" && layer.kind != "softmax";
}

RunMethod request(const Ui& ui, const MethodInfo& info, std::string_view layer) {
  return {.method = info.id,
          .target = ui.target(),
          .layer = std::string(layer),
          .seed = ui.state.seed,
          .parameters = parameters_of(ui.state, info)};
}

// --- every layer as a bar ------------------------------------------------------------------

struct Bar {
  const LayerInfo* layer = nullptr;
  double value = 0;
};

// Steps inside a block are left out, as in the rail, but for the one that is looked into.
std::vector<Bar> bars_of(const Ui& ui, const MethodPreview& shown, const LayerInfo* now) {
  std::vector<Bar> out;
  for (const Contribution& part : shown.contributions) {
    const LayerInfo* layer = ui.vm.layer(part.layer);
    if (layer != nullptr && can_be_asked(*layer) && (!layer->minor || layer == now))
      out.push_back({layer, part.value});
  }
  return out;
}

std::string bar_words(const Ui& ui, const Bar& bar, double score) {
  return ui.tr(S::kContributionBar, {bar.layer->name, fixed(bar.value, 1), fixed(score, 1)});
}

void draw_dashes(const Ui& ui, ImDrawList* list, float left, float right, float y) {
  constexpr float kDash = 4;
  for (float x = left; x < right; x += 2 * kDash)
    list->AddLine(ImVec2(x, y), ImVec2(std::min(x + kDash, right), y), ui.theme.target, 1.5f);
}

// Its words stand above the bars, with a sample of the line: next to the line a bar would be
// beneath them.
void draw_score_line(Ui& ui, ImDrawList* list, ImVec2 min, float right, float y, double score) {
  constexpr float kSample = 20, kBetween = 6;
  draw_dashes(ui, list, min.x, right, y);
  const std::string words = ui.tr(S::kContributionScore, {fixed(score, 1)});
  const float width = text_width(ui, ui.fonts.text, kStatusSize, words);
  const ImVec2 at(right - width, min.y);
  draw_dashes(ui, list, at.x - kBetween - kSample, at.x - kBetween, at.y + 8);
  draw_text(ui, list, at, ui.fonts.text, kStatusSize, ui.theme.target, words);
  ui.mirror.visible(MirrorNode{.key = "contribution.score", .label = words}, at,
                    ImVec2(right, at.y + 15));
}

void bar_chart(Ui& ui, const std::vector<Bar>& bars, const LayerInfo* now, double score) {
  double high = std::max(0.0, score), low = std::min(0.0, score);
  for (const Bar& bar : bars) high = std::max(high, bar.value), low = std::min(low, bar.value);
  if (high <= low) high = low + 1;
  const ImVec2 min = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, each = width / float(bars.size());
  const auto y_of = [&](double value) {
    return min.y + kHeadroom +
           static_cast<float>((high - value) / (high - low)) * (kChartHeight - kHeadroom);
  };
  ui.mirror.push("contribution.layers", "group", ui.tr(S::kContributionLayers));
  ImGui::Dummy(ImVec2(width, kChartHeight + kNamesHeight));
  ImDrawList* list = ImGui::GetWindowDrawList();
  std::string hovered;
  float named_until = min.x;
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const bool chosen = bar.layer == now;
    const ImVec2 from(min.x + each * float(i), min.y + kHeadroom - 4),
        to(min.x + each * float(i + 1), min.y + kChartHeight + kNamesHeight);
    const Hit hit = hit_area_at(ui,
                                {.key = "contribution.layer." + bar.layer->name,
                                 .role = "button",
                                 .label = bar_words(ui, bar, score),
                                 .selected = chosen},
                                from, to, kSmallRadius);
    if (chosen || hit.hovered)
      list->AddRectFilled(from, to, chosen ? ui.theme.accent_soft : ui.theme.hover, kSmallRadius);
    const float gap = std::min(4.0f, each * 0.15f), zero = y_of(0), end = y_of(bar.value);
    list->AddRectFilled(ImVec2(from.x + gap, std::min(zero, end)),
                        ImVec2(to.x - gap, std::max({zero, end, std::min(zero, end) + 1.5f})),
                        bar.value < 0 ? ui.theme.ink3 : ui.theme.accent, 2);
    // As many names as have room; the chosen one's always stands in the sentence beneath.
    const float wide = text_width(ui, ui.fonts.text, kStatusSize, bar.layer->name),
                at = std::min((from.x + to.x - wide) / 2, min.x + width - wide);
    if (at >= named_until) {
      draw_text(ui, list, ImVec2(at, min.y + kChartHeight + 2), ui.fonts.text, kStatusSize,
                chosen ? ui.theme.ink : ui.theme.ink3, bar.layer->name);
      named_until = at + wide + 8;
    }
    if (hit.hovered) hovered = bar.layer->name, ui.state.hovered_layer = hovered;
    if (hit.pressed) ui.state.explain_layer = bar.layer->name;
  }
  list->AddLine(ImVec2(min.x, y_of(0)), ImVec2(min.x + width, y_of(0)), ui.theme.line, 1);
  draw_score_line(ui, list, min, min.x + width, y_of(score), score);
  ui.mirror.pop();
  if (pointed_layer != hovered) ui.want_frame_in(0);
  pointed_layer = hovered;
}

void every_layer(Ui& ui, const LayerInfo* now) {
  const MethodInfo* info = ui.vm.method(kLayersMethod);
  if (info == nullptr) return;
  if (ui.target() >= 0) ui.requests.want(kLayersSlot, request(ui, *info, ""));
  const MethodSnapshot* run = ui.vm.run(kLayersSlot);
  const bool have = run != nullptr && run->result && !run->shown()->figures.empty();
  if (waiting(ui, kLayersSlot, have,
              ImVec2(ImGui::GetContentRegionAvail().x, kChartHeight + kNamesHeight)))
    return;
  const std::vector<Bar> bars = bars_of(ui, *run->shown(), now);
  if (bars.empty()) return;
  const double score = run->shown()->figures[0].value;
  bar_chart(ui, bars, now, score);
  const auto told = std::ranges::find_if(bars, [&](const Bar& bar) {
    return pointed_layer.empty() ? bar.layer == now : bar.layer->name == pointed_layer;
  });
  space(4);
  if (told != bars.end()) paragraph(ui, bar_words(ui, *told, score), kLabelSize, ui.theme.ink2);
}

// --- one layer -----------------------------------------------------------------------------

void choosers(Ui& ui, const MethodInfo& method, const LayerInfo& layer) {
  std::vector<std::string> names;
  int index = -1;
  for (const LayerInfo& one : ui.vm.model->layers) {
    if (!can_be_asked(one)) continue;
    if (&one == &layer) index = static_cast<int>(names.size());
    names.push_back(one.name);
  }
  const float room = ImGui::GetContentRegionAvail().x;
  if (dropdown(ui, "contribution.at", ui.tr(S::kLensLayer), names, &index, std::min(200.0f, room)))
    ui.state.explain_layer = names[static_cast<size_t>(index)];
  std::vector<std::string> titles;
  std::vector<const MethodInfo*> methods;
  int chosen = 0;
  for (const std::string_view id : kContributionMethods) {
    const MethodInfo* one = ui.vm.method(id);
    if (one == nullptr) continue;
    if (one == &method) chosen = static_cast<int>(methods.size());
    methods.push_back(one);
    titles.emplace_back(ui.tr(one->title));
  }
  same_line(220);
  if (dropdown(ui, "contribution.method", ui.tr(S::kExplainMethod), titles, &chosen,
               std::min(220.0f, ImGui::GetContentRegionAvail().x)))
    ui.state.method = methods[static_cast<size_t>(chosen)]->id;
  if (ui.vm.method(kAblationMethod) == nullptr) return;
  const bool off = whole_layer_is_off(ui, layer);
  if (button_beside(ui, "contribution.whole", ui.tr(S::kContributionWhole, {layer.name}),
                    {.selected = off, .checked = off})) {
    ui.state.off_layer = off ? std::string() : layer.name;
    ui.state.off_channels.clear();
  }
  if (ui.state.off_layer == layer.name &&
      button_beside(ui, "contribution.on", ui.tr(S::kContributionOn)))
    ui.state.off_layer.clear(), ui.state.off_channels.clear();
}

std::string list_of(const std::vector<int32_t>& channels) {
  constexpr size_t kNamed = 6;
  std::string out;
  for (size_t i = 0; i < std::min(kNamed, channels.size()); ++i)
    out += (i > 0 ? ", " : "") + std::to_string(channels[i]);
  return channels.size() > kNamed ? out + " …" : out;
}

std::string off_words(const Ui& ui, const LayerInfo& layer) {
  if (whole_layer_is_off(ui, layer)) return ui.tr(S::kContributionWithout, {layer.name});
  return ui.tr(
      ui.state.off_channels.size() == 1 ? S::kContributionWithoutOne : S::kContributionWithoutMany,
      {list_of(ui.state.off_channels), layer.name});
}

// The sentence keeps two lines, so that a click does not move the channels.
void verdict(Ui& ui, const LayerInfo& layer) {
  const MethodInfo* info = ui.vm.method(kAblationMethod);
  if (info == nullptr) return;
  const float top = ImGui::GetCursorPosY();
  const bool off = ui.state.off_layer == layer.name;
  if (off && ui.target() >= 0) {
    RunMethod wanted = request(ui, *info, layer.name);
    for (const int32_t c : ui.state.off_channels) {
      if (c < layer.channels) wanted.channels.push_back(c);
    }
    ui.requests.want(kOffSlot, wanted);
  }
  if (!off) {
    sentence(ui, ui.tr(S::kContributionHint));
  } else if (const MethodPreview* shown = answer_without(ui, layer)) {
    const ClassAnswer& first = shown->answers.front();
    const std::string before = percent(shown->figures[2].value),
                      after = percent(shown->figures[3].value), target = ui.label(ui.target()),
                      words = off_words(ui, layer);
    sentence(ui,
             first.index == ui.target()
                 ? ui.tr(S::kContributionHeld, {words, target, before, after})
                 : ui.tr(S::kContributionLost, {words, target, before, after, ui.label(first.index),
                                                percent(double(first.probability))}));
    const std::string_view doubt = ui.tr(shown->diagnosis);
    if (!doubt.empty()) paragraph(ui, doubt, kLabelSize, ui.theme.ink2);
  } else {
    waiting(ui, kOffSlot, false, ImVec2(std::min(420.0f, ImGui::GetContentRegionAvail().x), 22));
  }
  const float least = top + 2 * 24;
  if (ImGui::GetCursorPosY() < least) ImGui::SetCursorPosY(least);
  ImGui::Dummy(ImVec2(0, 0));
}

void stage(Ui& ui) {
  question(ui, ui.tr(S::kContributionQuestion));
  space(4);
  const std::string about = ui.target() >= 0 ? ui.label(ui.target()) : std::string("…");
  sentence(ui, ui.tr(S::kContributionSentence, {about}));
  space(10);
  const LayerInfo* layer = contribution_layer(ui);
  const MethodInfo* method = contributing_method(ui);
  every_layer(ui, layer);
  if (layer == nullptr || method == nullptr) return;
  space(14);
  choosers(ui, *method, *layer);
  space(8);
  // Before the layer's own question: what a click changes is computed first.
  verdict(ui, *layer);
  if (ui.target() >= 0) ui.requests.want(kChannelsSlot, request(ui, *method, layer->name));
  ui.requests.want("activations", GetActivations{layer->name, false});
  space(8);
  layer_and_channels(ui, *method, *layer);
  if (ui.requests.stopped(kChannelsSlot) && !ui.requests.current(kChannelsSlot)) {
    space(8);
    if (button(ui, "contribution.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(kChannelsSlot);
  }
}

void inspector(Ui& ui) {
  const LayerInfo* layer = contribution_layer(ui);
  const MethodInfo* method = contributing_method(ui);
  if (layer == nullptr || method == nullptr) return;
  if (const MethodPreview* shown = answer_without(ui, *layer)) {
    section(ui, off_words(ui, *layer));
    for (const ClassAnswer& answer : shown->answers)
      number_row(ui, ui.label(answer.index),
                 ui.tr(S::kContributionChange, {percent(double(ui.vm.probability(answer.index))),
                                                percent(double(answer.probability))}));
    number_row(ui, ui.tr(S::kLogit),
               ui.tr(S::kContributionChange,
                     {fixed(shown->figures[0].value, 2), fixed(shown->figures[1].value, 2)}));
    space(12);
  }
  const MethodSnapshot* run = run_now(ui, kChannelsSlot);
  if (run != nullptr && run->result) {
    section(ui, layer->name);
    run_figures(ui, *run->result);
  }
  settings_heading(ui);
  slider(ui, "contribution.overlay", ui.tr(S::kOverlay), &ui.state.overlay,
         {.minimum = 0, .maximum = 1, .step = 0.05});
  method_parameters(ui, *method);
  const MethodInfo* ablation = ui.vm.method(kAblationMethod);
  if (ablation != nullptr) {
    space(12);
    section(ui, ui.tr(ablation->title));
    method_parameters(ui, *ablation);
  }
  space(16);
  method_notes(ui, *method);
  if (const MethodInfo* all = ui.vm.method(kLayersMethod)) space(16), method_notes(ui, *all);
  if (ablation != nullptr) space(16), method_notes(ui, *ablation);
}

bool available(const Ui& ui) { return contributing_method(ui) != nullptr; }

}  // namespace

const MethodInfo* contributing_method(const Ui& ui) {
  const MethodInfo* first = nullptr;
  for (const std::string_view id : kContributionMethods) {
    const MethodInfo* info = ui.vm.method(id);
    if (info != nullptr && id == ui.state.method) return info;
    if (first == nullptr) first = info;
  }
  return first;
}

const LayerInfo* contribution_layer(const Ui& ui) {
  if (!ui.vm.model) return nullptr;
  if (const LayerInfo* chosen = ui.vm.layer(ui.state.explain_layer);
      chosen != nullptr && can_be_asked(*chosen))
    return chosen;
  // The last one with places whose channels are not the classes themselves.
  const LayerInfo* last = nullptr;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    const bool has_places = layer.height > 1 && layer.channels != ui.vm.model->classes;
    if (can_be_asked(layer) && !layer.minor && (has_places || last == nullptr)) last = &layer;
  }
  return last;
}

bool whole_layer_is_off(const Ui& ui, const LayerInfo& layer) {
  return ui.state.off_layer == layer.name && ui.state.off_channels.empty();
}

bool channel_is_off(const Ui& ui, const LayerInfo& layer, int channel) {
  return ui.state.off_layer == layer.name &&
         (ui.state.off_channels.empty() ||
          std::ranges::find(ui.state.off_channels, channel) != ui.state.off_channels.end());
}

const MethodPreview* answer_without(const Ui& ui, const LayerInfo& layer) {
  if (ui.state.off_layer != layer.name) return nullptr;
  const MethodSnapshot* run = ui.vm.run(kOffSlot);
  const bool failed = ui.requests.status(kOffSlot).progress == Progress::kFailed;
  // While the next answer is on its way the last one of the same layer and class stays.
  const bool usable = run != nullptr && run->result && !failed &&
                      run->result->layer == layer.name && run->result->target == ui.target() &&
                      run->shown()->figures.size() > 4 && !run->shown()->answers.empty();
  return usable ? run->shown() : nullptr;
}

const Panel kContributionPanel = {"contribution", Question::kWhy, S::kContributionTitle,
                                  available,      stage,          inspector};

}  // namespace convscope
