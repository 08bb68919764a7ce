#include "cli/client.h"

#include <format>

namespace convscope {
namespace {

constexpr int64_t kStepMicros = 1'000'000;

// The sentence; behind it every node that cannot run, on a line of its own.
std::string message_of(const Failed& failed) {
  std::string out = failed.message.en;
  for (const RefusedNode& node : failed.nodes)
    out += std::format("\n  {} {}: {}", node.op, node.name, node.reason.en);
  if (failed.more_nodes > 0) out += std::format("\n  and {} more", failed.more_nodes);
  return out;
}

std::unexpected<Error> error_of(const Failed& failed) {
  for (const ErrorCode code : {ErrorCode::kInvalidArgument, ErrorCode::kNotFound,
                               ErrorCode::kUnsupported, ErrorCode::kMalformed, ErrorCode::kTooLarge,
                               ErrorCode::kOutOfMemory, ErrorCode::kCancelled}) {
    if (failed.code == error_code_name(code)) return fail(code, message_of(failed));
  }
  return fail(ErrorCode::kInternal, message_of(failed));
}

}  // namespace

Client::Client(int threads)
    : engine_("native", threads, [this](const EventMessage& message) {
        if (const auto* preview = std::get_if<MethodPreview>(&message.event)) {
          if (on_preview_) on_preview_(*preview);
        } else {
          events_.push_back(message);
        }
      }) {}

Result<std::unique_ptr<Client>> Client::start(int threads) {
  std::unique_ptr<Client> client(new Client(threads));
  client->engine_.start(threads);
  if (client->events_.empty())
    return fail(ErrorCode::kInternal, "the engine did not start and gave no reason");
  if (const auto* failed = std::get_if<Failed>(&client->events_[0].event)) return error_of(*failed);
  return client;
}

Result<Event> Client::call(Command command) {
  events_.clear();
  engine_.post({next_request_++, std::move(command)});
  while (events_.empty()) {
    if (!engine_.step(kStepMicros) && events_.empty())
      return fail(ErrorCode::kInternal, "the engine gave no answer");
  }
  Event event = std::move(events_[0].event);
  if (const auto* failed = std::get_if<Failed>(&event)) return error_of(*failed);
  return event;
}

}  // namespace convscope
