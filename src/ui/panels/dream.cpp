// DeepDream: what does a layer want to see?
#include <algorithm>
#include <cmath>

#include "ui/panels/channel_grid.h"
#include "ui/panels/dream_layers.h"
#include "ui/panels/frame.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kMethod = "deep_dream", kSlot = "dream";
constexpr size_t kMostChannels = 64;  // as many as a permalink keeps

const LayerInfo* dream_layer(const Ui& ui) {
  const LayerInfo* chosen = ui.vm.layer(ui.state.dream_layer);
  return chosen != nullptr && dreamable(*chosen) ? chosen : dream_default_layer(ui);
}

const Picture* dream_picture(const Ui& ui) {
  const MethodSnapshot* run = ui.vm.run(kSlot);
  return run != nullptr && run->shown()->picture ? &*run->shown()->picture : nullptr;
}

RunMethod dream_request(Ui& ui, const MethodInfo& method, const LayerInfo& layer) {
  std::erase_if(ui.state.dream_channels, [&](int32_t c) { return c >= layer.channels; });
  return {.method = std::string(kMethod),
          .layer = layer.name,
          .channels = ui.state.dream_channels,
          .seed = ui.state.seed,
          .parameters = parameters_of(ui.state, dream_method(ui, method))};
}

// Two dreams with the same text are the same dream.
std::string text_of_request(const RunMethod& request) {
  std::string text = request.layer + " " + std::to_string(request.seed);
  for (int32_t channel : request.channels) text += " " + std::to_string(channel);
  for (const ParameterValue& p : request.parameters) text += " " + std::to_string(p.value);
  return text;
}

void begin(Ui& ui, bool paused) {
  const MethodInfo* method = ui.vm.method(kMethod);
  const LayerInfo* layer = dream_layer(ui);
  if (method == nullptr || layer == nullptr) return;
  RunMethod request = dream_request(ui, *method, *layer);
  request.paused = paused;
  ui.state.dream_begun = text_of_request(request);
  ui.state.dream_held = paused;
  ui.requests.start(kSlot, std::move(request));
}

// Whatever was changed since, here, in the rail or by the address: the dream begins anew with it.
void begin_again_if_changed(Ui& ui) {
  const MethodInfo* method = ui.vm.method(kMethod);
  const LayerInfo* layer = dream_layer(ui);
  if (ui.state.dream_begun.empty() || method == nullptr || layer == nullptr) return;
  if (text_of_request(dream_request(ui, *method, *layer)) != ui.state.dream_begun)
    begin(ui, ui.state.dream_held);
}

// A page that moves without a click: the first dream of a picture begins by itself, and goes on
// when its lens is opened again.
void keep_going(Ui& ui) {
  ui.requests.keep(kSlot);
  const SlotStatus& status = ui.requests.status(kSlot);
  if (status.progress == Progress::kRunning && status.paused && !ui.state.dream_held)
    ui.requests.resume(kSlot);
  if (!ui.vm.forward || !ui.vm.image || dream_layer(ui) == nullptr ||
      ui.vm.engine_state != EngineState::kReady)
    return;
  const uint64_t now =
      (static_cast<uint64_t>(ui.vm.model_generation) << 32) | ui.vm.image_generation;
  if (ui.state.dream_begun_for == now) return begin_again_if_changed(ui);
  ui.state.dream_begun_for = now;
  ui.state.dream_begun.clear();
  const bool fresh = status.progress != Progress::kRunning && ui.vm.run(kSlot) == nullptr;
  if (fresh && !ui.reduced_motion) begin(ui, false);
}

void choose(Ui& ui, const LayerInfo& layer) {
  ui.state.dream_layer = layer.name;
  ui.state.dream_channels.clear();
  begin(ui, false);
}

void choosers(Ui& ui, const LayerInfo& layer) {
  const std::vector<const LayerInfo*> suggestions = dream_suggestions(ui);
  std::vector<std::string> names;
  int index = -1;
  for (const LayerInfo* s : suggestions) {
    if (s == &layer) index = static_cast<int>(names.size());
    names.push_back(s->name);
  }
  if (!names.empty() &&
      segments(ui, "dream.suggestions", ui.tr(S::kDreamSuggestions), names, &index)) {
    choose(ui, *suggestions[static_cast<size_t>(index)]);
  }
  std::vector<const LayerInfo*> all;
  std::vector<std::string> all_names;
  int at = -1;
  for (const LayerInfo& l : ui.vm.model->layers) {
    if (!dreamable(l)) continue;
    if (&l == &layer) at = static_cast<int>(all.size());
    all.push_back(&l);
    all_names.push_back(l.name);
  }
  if (!names.empty()) same_line(170);
  if (dropdown(ui, "dream.layer", ui.tr(S::kLensLayer), all_names, &at,
               std::min(170.0f, ImGui::GetContentRegionAvail().x))) {
    choose(ui, *all[static_cast<size_t>(at)]);
  }
  const size_t chosen = ui.state.dream_channels.size();
  const std::string label =
      chosen == 0
          ? ui.tr(S::kDreamWholeLayer, {std::to_string(layer.channels)})
          : ui.tr(S::kDreamSomeChannels, {std::to_string(chosen), std::to_string(layer.channels)});
  if (button_beside(ui, "dream.channels", label,
                    {.selected = ui.state.dream_picking, .expanded = ui.state.dream_picking}))
    ui.state.dream_picking = !ui.state.dream_picking;
}

// The dream as large as possible; held down it shows the photo; the wipe divides the two.
void dream_canvas(Ui& ui, const LayerInfo& layer) {
  const Picture* dream = dream_picture(ui);
  const Picture& photo = ui.vm.image->preview;
  const Picture& shown = dream != nullptr ? *dream : photo;
  const ImVec2 room(ImGui::GetContentRegionAvail().x,
                    std::max(240.0f, stage_height(330) - (ui.state.dream_picking ? 250 : 84)));
  const ImVec2 size = fit(float(shown.width), float(shown.height), room);
  const Hit hit = hit_area(
      ui,
      MirrorNode{.key = "dream.picture", .role = "img", .label = ui.tr(S::kDreamAlt, {layer.name})},
      size);
  ImDrawList* list = ImGui::GetWindowDrawList();
  draw_picture(list, ui.textures.of(shown), hit.min, hit.max);
  const float wipe = hit.held ? 0 : ui.state.wipe;
  const float edge = std::round(hit.min.x + (hit.max.x - hit.min.x) * wipe);
  if (dream == nullptr || wipe >= 1) return;
  list->PushClipRect(ImVec2(edge, hit.min.y), hit.max, true);
  draw_picture(list, ui.textures.of(photo), hit.min, hit.max);
  list->PopClipRect();
  if (wipe > 0)
    list->AddRectFilled(ImVec2(edge - 1, hit.min.y), ImVec2(edge + 1, hit.max.y), IM_COL32_WHITE);
}

std::string progress_words(const Ui& ui, const MethodSnapshot& run) {
  const MethodPreview& p = *run.shown();
  if (run.result)
    return ui.tr(S::kDreamDone,
                 {std::to_string(p.steps), significant(double(run.result->micros) / 1e6)});
  const size_t space_at = p.stage.find(' '), slash = p.stage.find('/');
  if (space_at == std::string::npos || slash == std::string::npos)
    return ui.tr(S::kDreamStep, {std::to_string(p.step), std::to_string(p.steps)});
  return ui.tr(S::kDreamProgress,
               {p.stage.substr(space_at + 1, slash - space_at - 1), p.stage.substr(slash + 1),
                std::to_string(p.step), std::to_string(p.steps)});
}

void progress(Ui& ui) {
  const MethodSnapshot* run = ui.vm.run(kSlot);
  if (run == nullptr)
    return words_under(
        ui,
        ui.tr(ui.requests.status(kSlot).progress == Progress::kRunning ? S::kDreamStarting
                                                                       : S::kDreamReady),
        640);
  const MethodPreview& p = *run->shown();
  progress_bar(ui, "dream.progress", progress_words(ui, *run),
               p.steps > 0 ? double(p.step) / p.steps : -1, false);
}

void buttons(Ui& ui, const LayerInfo& layer) {
  const SlotStatus& status = ui.requests.status(kSlot);
  const bool running = status.progress == Progress::kRunning, waits = running && status.paused;
  const Picture* dream = dream_picture(ui);
  const auto style = [](bool primary) {
    return primary ? ButtonStyle::kPrimary : ButtonStyle::kOutline;
  };
  if (button(ui, "dream.start", ui.tr(dream == nullptr ? S::kDreamStart : S::kDreamAgain),
             {.style = style(!running)}))
    begin(ui, false);
  if (button_beside(ui, "dream.pause", ui.tr(waits ? S::kResume : S::kPause),
                    {.style = style(running), .enabled = running})) {
    ui.state.dream_held = !waits;
    waits ? ui.requests.resume(kSlot) : ui.requests.pause(kSlot);
  }
  if (button_beside(ui, "dream.step", ui.tr(S::kStep), {.enabled = running})) {
    ui.state.dream_held = true;
    ui.requests.step(kSlot);
  }
  if (button_beside(ui, "dream.reset", ui.tr(S::kReset), {.enabled = dream != nullptr}))
    begin(ui, true);
  if (button_beside(ui, "dream.save", ui.tr(S::kSavePng), {.enabled = dream != nullptr})) {
    ui.requests.send(EncodePng{"convscope-" + ui.state.model + "-" + layer.name + ".png", *dream});
  }
}

// All channels of the layer on this picture, strongest first; those chosen are dreamt of alone.
void channel_picker(Ui& ui, const LayerInfo& layer) {
  space(20);
  paragraph(ui, ui.tr(S::kDreamPick, {layer.name}), kLabelSize, ui.theme.ink2);
  space(8);
  std::vector<int32_t>& chosen = ui.state.dream_channels;
  const auto is_chosen = [&](int32_t c) {
    return std::find(chosen.begin(), chosen.end(), c) != chosen.end();
  };
  const int32_t c = channel_grid(ui, layer,
                                 {.key = "dream.grid",
                                  .channel_key = "dream.channel.",
                                  .label = ui.tr(S::kDreamChannels),
                                  .is_chosen = is_chosen});
  if (c < 0) return;
  if (is_chosen(c)) {
    std::erase(chosen, c);
  } else if (chosen.size() < kMostChannels) {
    chosen.push_back(c);
  }
  begin(ui, false);
}

void stage(Ui& ui) {
  const LayerInfo* layer = dream_layer(ui);
  if (layer != nullptr && ui.vm.model->id == ui.state.model) ui.state.dream_layer = layer->name;
  keep_going(ui);
  question(ui, layer != nullptr ? ui.tr(S::kDreamQuestion, {layer->name})
                                : std::string(ui.tr(S::kDreamQuestionAny)));
  space(4);
  if (layer == nullptr || !ui.vm.image) {
    waiting(ui, kSlot, false, ImVec2(ImGui::GetContentRegionAvail().x, stage_height(240)));
    return;
  }
  sentence(ui, std::string(dream_tendency(ui, *layer)) +
                   (ui.state.language == Language::kChinese ? "" : " ") +
                   std::string(ui.tr(S::kDreamSentence)));
  space(12);
  choosers(ui, *layer);
  space(12);
  if (ui.requests.status(kSlot).progress == Progress::kFailed)
    waiting(ui, kSlot, true, ImVec2(640, 80));
  dream_canvas(ui, *layer);
  space(10);
  progress(ui);
  space(10);
  buttons(ui, *layer);
  if (ui.state.dream_picking) channel_picker(ui, *layer);
}

// --- inspector -------------------------------------------------------------------------

// How the objective went, step by step; where an octave ends it falls, because the picture has
// become larger.
void objective_plot(Ui& ui, const MethodSnapshot& run) {
  const std::vector<float>& t = run.trace;
  const MethodPreview& p = *run.shown();
  if (t.size() < 2 || p.steps < 2) return;
  section(ui, p.figures.empty() ? ui.tr(S::kDreamObjective) : ui.tr(p.figures[0].title));
  const ImVec2 at = ImGui::GetCursorScreenPos(), size(ImGui::GetContentRegionAvail().x, 76);
  const float low = std::min(0.0f, *std::min_element(t.begin(), t.end())),
              high = std::max(low + 1e-12f, *std::max_element(t.begin(), t.end()));
  const auto place = [&](size_t i) {
    return ImVec2(at.x + size.x * float(i) / float(p.steps - 1),
                  at.y + size.y - 4 - (size.y - 12) * (t[i] - low) / (high - low));
  };
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(ImVec2(at.x, at.y + size.y - ui.theme.rule),
                      ImVec2(at.x + size.x, at.y + size.y), ui.theme.line);
  const size_t slash = p.stage.find('/');
  const int octaves =
      slash == std::string::npos ? 1 : std::max(1, std::atoi(p.stage.c_str() + slash + 1));
  for (int octave = 1; octave < octaves; ++octave) {
    const float x =
        std::round(at.x + size.x * float(octave * (p.steps / octaves)) / float(p.steps - 1));
    list->AddRectFilled(ImVec2(x, at.y + 4), ImVec2(x + ui.theme.rule, at.y + size.y),
                        ui.theme.line);
  }
  std::vector<ImVec2> line;
  for (size_t i = 0; i < std::min(t.size(), static_cast<size_t>(p.steps)); ++i)
    line.push_back(place(i));
  list->AddPolyline(line.data(), static_cast<int>(line.size()), ui.theme.accent, 1.8f);
  list->AddCircleFilled(line.back(), 3.5f, ui.theme.accent);
  ImGui::Dummy(size);
  const std::string first = significant(double(t.front())), last = significant(double(t.back()));
  ui.mirror.visible(
      {.key = "dream.objective",
       .role = "img",
       .label = ui.tr(S::kDreamObjectiveAlt, {first, last, std::to_string(t.size())})},
      at, ImVec2(at.x + size.x, at.y + size.y));
  space(4);
  number_row(ui, ui.tr(S::kDreamFirst), first);
  number_row(ui, ui.tr(S::kDreamNow), last);
  space(12);
}

void inspector(Ui& ui) {
  const MethodInfo* found = ui.vm.method(kMethod);
  if (found == nullptr) return;
  if (const MethodSnapshot* run = ui.vm.run(kSlot)) objective_plot(ui, *run);
  section(ui, ui.tr(S::kDreamCompare));
  slider(ui, "dream.wipe", ui.tr(S::kDreamWipe), &ui.state.wipe,
         {.minimum = 0, .maximum = 1, .step = 0.02, .shown = percent(double(ui.state.wipe), 0)});
  paragraph(ui, ui.tr(S::kDreamHold), kStatusSize, ui.theme.ink3);
  settings_heading(ui);
  const MethodInfo method = dream_method(ui, *found);
  method_parameters(ui, method);
  space(8);
  if (button(ui, "dream.seed", ui.tr(S::kDreamSeed, {std::to_string(ui.state.seed)})))
    ++ui.state.seed;
  const auto own = [](const auto& item) { return item.first.starts_with("deep_dream."); };
  if (std::any_of(ui.state.parameters.begin(), ui.state.parameters.end(), own)) {
    space(8);
    if (button(ui, "dream.defaults", ui.tr(S::kDreamDefaults)))
      std::erase_if(ui.state.parameters, own);
  }
  space(16);
  method_notes(ui, method);
}

bool available(const Ui& ui) { return ui.vm.method(kMethod) != nullptr; }

}  // namespace

const Panel kDreamPanel = {"dream", Question::kWant, S::kDreamTitle, available, stage, inspector};

}  // namespace convscope
