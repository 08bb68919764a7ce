#include "ui/requests.h"

#include "protocol/wire.h"
#include "ui/view_model.h"

namespace convscope {
namespace {

// The weights of a filter do not depend on the picture; everything else that a slot asks for does.
bool needs_image(const Command& command) { return !std::holds_alternative<GetFilters>(command); }

}  // namespace

Requests::Slot& Requests::slot(std::string_view name) {
  const auto found = slots_.find(name);
  return found != slots_.end() ? found->second : slots_[std::string(name)];
}

// The command's own encoding and the generations it was asked for: equal keys have equal answers.
std::string Requests::key_of(const Command& command) const {
  const WireMessage wire = encode(CommandMessage{0, command});
  std::string key = std::to_string(model_generation_) + ":";
  if (needs_image(command)) key += std::to_string(image_generation_);
  key.append(wire.header.begin(), wire.header.end());
  return key;
}

void Requests::launch(Slot& s) {
  s.queued = false;
  s.cancelling = false;
  s.request = next_++;
  s.running_key = s.wanted_key;
  const auto* method = std::get_if<RunMethod>(&s.wanted);
  s.status =
      SlotStatus{Progress::kRunning, method && method->paused, method != nullptr, {}, now_seconds_};
  send_(CommandMessage{s.request, s.wanted});
}

void Requests::want(std::string_view name, const Command& command) {
  Slot& s = slot(name);
  s.touched = true;
  if (!ready_ || !has_model_ || (needs_image(command) && !has_image_)) return;
  std::string key = key_of(command);
  if (key == s.stopped_key) return;
  if (key == s.wanted_key && (s.queued || key == s.done_key || key == s.failed_key ||
                              (s.request != 0 && key == s.running_key && !s.cancelling))) {
    return;
  }
  s.wanted = command;
  s.wanted_key = std::move(key);
  s.explicit_start = false;
  if (s.request == 0) {
    if (s.wanted_key != s.done_key) launch(s);
    return;
  }
  if (s.wanted_key == s.running_key && !s.cancelling) {
    s.queued = false;
    return;
  }
  s.queued = true;
  if (s.status.is_method && !s.cancelling) {
    s.cancelling = true;
    send_(CommandMessage{next_++, Cancel{s.request}});
  }
}

void Requests::start(std::string_view name, const Command& command) {
  Slot& s = slot(name);
  s.touched = true;
  if (!ready_ || !has_model_ || !has_image_) return;
  s.wanted = command;
  s.wanted_key = key_of(command);
  s.done_key.clear();
  s.failed_key.clear();
  s.stopped_key.clear();
  s.explicit_start = true;
  if (s.request == 0) return launch(s);
  s.queued = true;
  if (!s.cancelling) {
    s.cancelling = true;
    send_(CommandMessage{next_++, Cancel{s.request}});
  }
}

void Requests::keep(std::string_view name) { slot(name).touched = true; }

void Requests::retry(std::string_view name) {
  Slot& s = slot(name);
  s.failed_key.clear();
  if (s.request == 0 && ready_ && !s.wanted_key.empty()) launch(s);
}

void Requests::stop(std::string_view name) {
  Slot& s = slot(name);
  if (s.request != 0 && !s.explicit_start) s.stopped_key = s.running_key;
  cancel(name);
}

bool Requests::stopped(std::string_view name) const {
  const auto found = slots_.find(name);
  return found != slots_.end() && found->second.request == 0 &&
         !found->second.stopped_key.empty() && found->second.done_key != found->second.stopped_key;
}

void Requests::go_on(std::string_view name) { slot(name).stopped_key.clear(); }

void Requests::cancel(std::string_view name) {
  Slot& s = slot(name);
  s.queued = false;
  if (s.request == 0 || s.cancelling) return;
  s.cancelling = true;
  send_(CommandMessage{next_++, Cancel{s.request}});
}

void Requests::pause(std::string_view name) {
  Slot& s = slot(name);
  if (s.request == 0 || s.status.paused) return;
  s.status.paused = true;
  send_(CommandMessage{next_++, Pause{s.request}});
}

void Requests::resume(std::string_view name) {
  Slot& s = slot(name);
  if (s.request == 0 || !s.status.paused) return;
  s.status.paused = false;
  send_(CommandMessage{next_++, Resume{s.request}});
}

void Requests::step(std::string_view name) {
  Slot& s = slot(name);
  if (s.request == 0) return;
  if (!s.status.paused) return pause(name);
  send_(CommandMessage{next_++, Step{s.request}});
}

RequestId Requests::send(const Command& command) {
  const RequestId request = next_++;
  send_(CommandMessage{request, command});
  return request;
}

const SlotStatus& Requests::status(std::string_view name) const {
  static const SlotStatus kNone;
  const auto found = slots_.find(name);
  return found == slots_.end() ? kNone : found->second.status;
}

bool Requests::current(std::string_view name) const {
  const auto found = slots_.find(name);
  return found != slots_.end() && !found->second.done_key.empty() &&
         found->second.done_key == found->second.wanted_key;
}

bool Requests::anything_running() const { return !running_slot().empty(); }

std::string Requests::running_slot() const {
  for (const auto& [name, s] : slots_) {
    if (s.request != 0 && !s.status.paused && s.status.is_method) return name;
  }
  return "";
}

void Requests::begin_frame(const ViewModel& model, double now_seconds) {
  model_generation_ = model.model_generation;
  image_generation_ = model.image_generation;
  has_model_ = model.engine_has_model;
  has_image_ = model.engine_has_image;
  ready_ = model.engine_state == EngineState::kReady;
  now_seconds_ = now_seconds;
  for (auto& [name, s] : slots_) s.touched = false;
}

void Requests::end_frame() {
  for (auto& [name, s] : slots_) {
    if (s.touched || s.request == 0 || !s.status.is_method) continue;
    if (s.explicit_start) {
      pause(name);
    } else {
      cancel(name);
    }
  }
}

std::string Requests::slot_of(RequestId request) const {
  for (const auto& [name, s] : slots_) {
    if (s.request == request && request != 0 && !s.queued && !s.cancelling) return name;
  }
  return "";
}

void Requests::on_event(const EventMessage& message) {
  for (auto& [name, s] : slots_) {
    if (message.request == 0 || s.request != message.request) continue;
    if (const auto* preview = std::get_if<MethodPreview>(&message.event)) {
      if (preview->paused) s.status.paused = true;
      return;
    }
    if (!is_final(message.event)) return;
    s.request = 0;
    s.status.paused = false;
    if (const auto* failed = std::get_if<Failed>(&message.event)) {
      const bool cancelled = failed->code == "cancelled";
      s.status.progress = cancelled ? Progress::kIdle : Progress::kFailed;
      s.status.error = *failed;
      if (cancelled && !s.queued) s.wanted_key.clear();
      if (!cancelled) s.failed_key = s.running_key;
    } else {
      s.status.progress = Progress::kDone;
      s.done_key = s.running_key;
      s.failed_key.clear();
    }
    s.cancelling = false;
    if (s.queued && ready_) launch(s);
    return;
  }
}

void Requests::forget_everything() { slots_.clear(); }

}  // namespace convscope
