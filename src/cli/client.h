// The native program's side of the protocol: the same engine as the page's, in process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.h"

namespace convscope {

class Client {
 public:
  using PreviewHandler = std::function<void(const MethodPreview&)>;

  // Fails where the engine cannot start, with its own reason.
  static Result<std::unique_ptr<Client>> start(int threads);
  void set_exact_input(bool exact) { engine_.set_exact_input(exact); }
  void on_preview(PreviewHandler handler) { on_preview_ = std::move(handler); }

  // Runs a command to its final event; Failed becomes an error of the same code.
  Result<Event> call(Command command);
  template <typename Answer, typename Request>
  Result<Answer> ask(Request request) {
    TRY(Event event, call(std::move(request)));
    CHECK(std::holds_alternative<Answer>(event));
    return std::get<Answer>(std::move(event));
  }

 private:
  explicit Client(int threads);

  Engine engine_;
  RequestId next_request_ = 1;
  std::vector<EventMessage> events_;  // all but previews, since the last call
  PreviewHandler on_preview_;
};

}  // namespace convscope
