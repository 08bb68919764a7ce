// Status line: what computes, how fast, what is under way, and that nothing leaves this computer.
// And the notices.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/heap.h"
#include "imgui_internal.h"
#include "ui/panels/frame.h"
#include "ui/panels/refused_nodes.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

std::string engine_text(const Ui& ui) {
  switch (ui.vm.engine_state) {
    case EngineState::kStarting:
      return std::string(ui.tr(S::kEngineStarting));
    case EngineState::kRestarting:
      return std::string(ui.tr(S::kEngineRestarting));
    case EngineState::kFailed:
      return std::string(ui.tr(S::kEngineFailed));
    case EngineState::kReady:
      break;
  }
  return std::string(ui.tr(ui.vm.build.starts_with("relaxed") ? S::kBuildRelaxed : S::kBuildSimd));
}

// Words at x; returns where the next ones begin.
float words(Ui& ui, std::string_view key, const std::string& text, float x, float y, ImU32 colour,
            const char* role = "text", std::string_view value = {}) {
  const float width = text_width(ui, ui.fonts.text, kStatusSize, text);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(x, y - 8), ui.fonts.text, kStatusSize, colour,
            text);
  ui.mirror.visible(
      MirrorNode{.key = std::string(key), .role = role, .label = text, .value = std::string(value)},
      ImVec2(x, y - 9), ImVec2(x + width, y + 9));
  return x + width + 20;
}

// A thin bar with its sentence; returns the right edge.
float bar(Ui& ui, std::string_view key, const std::string& text, double fraction, float x,
          float y) {
  constexpr float kWidth = 90;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(ImVec2(x, y - 2), ImVec2(x + kWidth, y + 2), ui.theme.track, 2);
  const float shown = ui.animate(key, static_cast<float>(std::clamp(fraction, 0.0, 1.0)));
  list->AddRectFilled(ImVec2(x, y - 2), ImVec2(x + kWidth * shown, y + 2), ui.theme.accent, 2);
  const float width = text_width(ui, ui.fonts.text, kStatusSize, text);
  draw_text(ui, list, ImVec2(x + kWidth + 8, y - 8), ui.fonts.text, kStatusSize, ui.theme.ink3,
            text);
  ui.mirror.visible(MirrorNode{.key = std::string(key),
                               .role = "progressbar",
                               .label = text,
                               .low = 0,
                               .high = 100,
                               .now = std::round(fraction * 100)},
                    ImVec2(x, y - 9), ImVec2(x + kWidth + 8 + width, y + 9));
  return x + kWidth + 8 + width + 16;
}

std::string model_title(const Ui& ui, const std::string& id) {
  for (const CatalogModel& m : ui.vm.catalog) {
    if (m.id == id) return m.title;
  }
  return id;
}

float draw_work(Ui& ui, float x, float y) {
  if (const auto& d = ui.vm.download;
      d && (d->state == DownloadState::kRunning || d->state == DownloadState::kChecking)) {
    const std::string title = model_title(ui, d->model);
    const std::string text =
        d->state == DownloadState::kChecking
            ? ui.tr(S::kChecking, {title})
            : ui.tr(S::kDownloading, {title, bytes_text(d->received), bytes_text(d->total)});
    return bar(ui, "download", text, d->total > 0 ? d->received / d->total : 0, x, y);
  }
  const std::string slot = ui.requests.running_slot();
  if (slot.empty()) return x;
  const MethodSnapshot* run = ui.vm.run(slot);
  const MethodPreview* shown = run ? run->shown() : nullptr;
  const MethodInfo* method = shown ? ui.vm.method(shown->method) : nullptr;
  if (shown == nullptr || method == nullptr) return x;
  x = bar(ui, "work",
          ui.tr(S::kRunningStep,
                {ui.tr(method->title), std::to_string(shown->step), std::to_string(shown->steps)}),
          shown->steps > 0 ? double(shown->step) / shown->steps : 0, x, y);
  const std::string_view label = ui.tr(S::kCancel);
  const float width = text_width(ui, ui.fonts.text, kStatusSize, label) + 16;
  const Hit hit = hit_area_at(
      ui,
      MirrorNode{
          .key = "work.cancel", .role = "button", .label = std::string(ui.tr(S::kCancelRun))},
      ImVec2(x - 8, y - 11), ImVec2(x - 8 + width, y + 11), kSmallRadius);
  if (hit.hovered)
    ImGui::GetWindowDrawList()->AddRectFilled(hit.min, hit.max, ui.theme.hover, kSmallRadius);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(x, y - 8), ui.fonts.text, kStatusSize,
            ui.theme.accent, label);
  if (hit.pressed) ui.requests.stop(slot);
  return x + width + 12;
}

constexpr double kInfoSeconds = 7;  // good news goes away by itself

// What a person can do about a notice besides reading it.
struct Remedy {
  S label;
  const char* verb;
};
std::optional<Remedy> remedy_of(const Notice& notice) {
  if (notice.level != NoticeLevel::kError) return std::nullopt;
  if (notice.key == "image") return Remedy{S::kOpenFile, "open_file"};
  if (notice.key == "engine") return Remedy{S::kRestart, "retry"};
  for (const std::string_view key : {"model:", "sample:", "webcam"}) {
    if (notice.key.starts_with(key)) return Remedy{S::kTryAgain, "retry"};
  }
  return std::nullopt;
}

// One card; true when it was dismissed. `bottom` is where it stands, and becomes its top; it does
// not reach over `highest`, but for its sentence.
bool card(Ui& ui, const Notice& notice, float left, float width, float highest, float* bottom) {
  const bool chinese = ui.state.language == Language::kChinese && !notice.text.zh.empty();
  const std::string& text = chinese ? notice.text.zh : notice.text.en;
  const float wrap = width - 36;
  const float text_height = paragraph_height(ui, text, 14, wrap);
  const RefusedNodes refused(ui, notice, wrap);
  const float list_height = refused.shown_height(*bottom - highest - text_height - 60);
  const float height = text_height + list_height + 60;
  const float show = ui.appear("notice." + notice.key);
  const ImVec2 min(left, *bottom - height + (1 - show) * 12),
      max(left + width, *bottom + (1 - show) * 12);
  *bottom -= height + 10;
  ImGui::SetNextWindowPos(min);
  ImGui::SetNextWindowSize(ImVec2(width, height));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::SetCursorScreenPos(min);
  ImGui::BeginChild(("notice." + notice.key).c_str(), ImVec2(width, height),
                    ImGuiChildFlags_NavFlattened, ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleVar();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const Theme& t = ui.theme;
  const ImU32 colour = notice.level == NoticeLevel::kError     ? t.danger
                       : notice.level == NoticeLevel::kWarning ? t.target
                                                               : t.accent;
  draw_shadow(ui, list, min, max, kRadius);
  list->AddRectFilled(min, max, t.sheet, kRadius);
  list->AddRectFilled(min, ImVec2(min.x + 5, max.y), colour, kRadius, ImDrawFlags_RoundCornersLeft);
  ui.mirror.push("notice." + notice.key, notice.level == NoticeLevel::kInfo ? "status" : "alert",
                 text);
  ImGui::SetCursorScreenPos(ImVec2(min.x + 18, min.y + 12));
  paragraph(ui, text, 14, t.ink, wrap);
  refused.draw(ui, ImVec2(min.x + 18, min.y + text_height + 16), list_height);
  ImGui::SetCursorScreenPos(ImVec2(min.x + 12, min.y + text_height + list_height + 18));
  if (const auto remedy = remedy_of(notice)) {
    if (button(ui, "notice." + notice.key + ".again", ui.tr(remedy->label)))
      ui.host.request(remedy->verb, notice.key);
    ImGui::SameLine();
  }
  const bool dismissed = button(ui, "notice." + notice.key + ".dismiss", ui.tr(S::kDismiss),
                                {.style = ButtonStyle::kQuiet});
  ui.mirror.pop();
  ImGui::EndChild();
  return dismissed;
}

// The camera's own card: what it is doing and how to end it.
void camera_card(Ui& ui, float left, float width, float* bottom) {
  const bool on = ui.vm.webcam == WebcamState::kOn;
  const float height = on ? 92 : 48;
  const ImVec2 min(left, *bottom - height), max(left + width, *bottom);
  *bottom -= height + 10;
  ImGui::SetCursorScreenPos(min);
  ImGui::BeginChild("camera", ImVec2(width, height), ImGuiChildFlags_NavFlattened,
                    ImGuiWindowFlags_NoScrollbar);
  ImDrawList* list = ImGui::GetWindowDrawList();
  draw_shadow(ui, list, min, max, kRadius);
  list->AddRectFilled(min, max, ui.theme.sheet, kRadius);
  ui.mirror.push("camera", "region", ui.tr(S::kUseCamera));
  ImGui::SetCursorScreenPos(ImVec2(min.x + 18, min.y + 12));
  paragraph(ui, ui.tr(on ? S::kCameraOn : S::kCameraAsking), 14, ui.theme.ink, width - 36);
  if (on) {
    ImGui::SetCursorScreenPos(ImVec2(min.x + 18, min.y + 46));
    if (button(ui, "camera.shot", ui.tr(S::kTakePhoto), {.style = ButtonStyle::kPrimary}))
      ui.host.request("webcam", "shot");
    ImGui::SameLine();
    if (button(ui, "camera.stop", ui.tr(S::kStopCamera))) ui.host.request("webcam", "stop");
  }
  ui.mirror.pop();
  ImGui::EndChild();
}

}  // namespace

void draw_status_line(Ui& ui, ImVec2 min, ImVec2 max) {
  const float y = std::round((min.y + max.y) / 2);
  const Theme& t = ui.theme;
  const bool ready = ui.vm.engine_state == EngineState::kReady;
  const ImU32 dot = ready                                        ? t.good
                    : ui.vm.engine_state == EngineState::kFailed ? t.danger
                                                                 : t.target_fill;
  ImGui::GetWindowDrawList()->AddCircleFilled(ImVec2(min.x + 24, y), 4, dot);
  // On a phone there is room for what goes on, with its Cancel, or for what computes.
  if (ui.size == Size::kNarrow && draw_work(ui, min.x + 36, y) > min.x + 36) return;
  const std::string engine = engine_text(ui);
  const std::string_view reason = ui.tr(ui.vm.build_reason);
  float x = words(ui, "status.build", engine, min.x + 36, y, t.ink3, "text", reason);
  if (ready) {
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(x - 14, y - 8), ui.fonts.text, kStatusSize,
              t.ink3, "·");
    x = words(ui, "status.threads",
              ui.vm.threads == 1 ? std::string(ui.tr(S::kOneThread))
                                 : ui.tr(S::kThreads, {std::to_string(ui.vm.threads)}),
              x - 5, y, t.ink3);
  }
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  if (!reason.empty() && mouse.y > min.y && mouse.x > min.x && mouse.x < x - 12) {
    hint(ui, reason, ImVec2(min.x + 16, min.y), ImVec2(1e5f, max.y));
  }
  if (ui.vm.forward) {
    x = words(ui, "status.forward",
              ui.tr(S::kForward, {significant(double(ui.vm.forward->micros) / 1000)}), x, y,
              t.ink3);
    if (ui.size == Size::kWide && ui.vm.forward->heap_bytes > 0) {
      const int64_t heap = ui.vm.forward->heap_bytes + module_heap_bytes();
      x = words(ui, "status.heap", ui.tr(S::kHeap, {bytes_text(double(heap))}), x, y, t.ink3);
    }
  }
  if (ui.size != Size::kNarrow) x = draw_work(ui, x, y);
  const float privacy_width = text_width(ui, ui.fonts.text, kStatusSize, ui.tr(S::kPrivate));
  if (const float room = max.x - 40 - privacy_width - x; ready && !reason.empty() && room > 160) {
    words(ui, "status.reason", fitted(ui, ui.fonts.text, kStatusSize, reason, room), x, y, t.faint);
  }
  const std::string privacy(ui.tr(S::kPrivate));
  const float width = text_width(ui, ui.fonts.text, kStatusSize, privacy);
  if (max.x - 20 - width > x) words(ui, "status.private", privacy, max.x - 20 - width, y, t.ink3);
}

void draw_notices(Ui& ui, ImVec2 stage_min, ImVec2 stage_max) {
  if (ui.vm.notices.empty() && ui.vm.webcam != WebcamState::kOn &&
      ui.vm.webcam != WebcamState::kAsking)
    return;
  const float width = std::min(460.0f, stage_max.x - stage_min.x - 32);
  const float left = stage_min.x + 16;
  float bottom = stage_max.y - 16;
  ui.mirror.push("notices", "region", ui.tr(S::kNotices));
  if (ui.vm.webcam == WebcamState::kOn || ui.vm.webcam == WebcamState::kAsking)
    camera_card(ui, left, width, &bottom);
  std::string dismissed;
  for (size_t i = ui.vm.notices.size(); i-- > 0 && bottom > stage_min.y + 120;) {
    const Notice& notice = ui.vm.notices[i];
    if (card(ui, notice, left, width, stage_min.y + 16, &bottom)) dismissed = notice.key;
    if (notice.level != NoticeLevel::kInfo) continue;
    const double left_seconds = notice.seconds + kInfoSeconds - ui.seconds;
    if (left_seconds <= 0) dismissed = notice.key;
    ui.want_frame_in(static_cast<int>(std::max(0.0, left_seconds) * 1000) + 20);
  }
  ui.mirror.pop();
  if (!dismissed.empty()) ui.dismissed_notice = dismissed;
}

}  // namespace convscope
