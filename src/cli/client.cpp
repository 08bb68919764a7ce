#include "cli/client.h"

namespace convscope {

Client::Client(int threads)
    : engine_("native", threads, [this](const EventMessage& message) {
        if (const auto* preview = std::get_if<MethodPreview>(&message.event)) {
          if (on_preview_) on_preview_(*preview);
        } else {
          events_.push_back(message);
        }
      }) {
  engine_.start(threads);
  CHECK(!events_.empty() && std::holds_alternative<EngineReady>(events_[0].event));
  ready_ = std::get<EngineReady>(events_[0].event);
  events_.clear();
}

Result<Event> Client::call(Command command) {
  events_.clear();
  engine_.post({next_request_++, std::move(command)});
  while (events_.empty()) engine_.step(1'000'000);
  Event event = std::move(events_[0].event);
  if (const auto* failed = std::get_if<Failed>(&event))
    return fail(ErrorCode::kInvalidArgument, failed->message.en);
  return event;
}

}  // namespace convscope
