// Engine: takes Commands, answers with Events. The worker, the native program and the tests run the
// same one in process.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "engine/network.h"
#include "protocol/wire.h"

namespace convscope {

// Every method of explain and imagine, by id; null where there is none.
const Method* find_method(std::string_view id);

class Engine {
 public:
  using Sink = std::function<void(const EventMessage&)>;

  // `build` is its name for people (EngineReady::build).
  Engine(std::string build, int max_threads, Sink sink);

  // Prepares the kernels and sends EngineReady.
  void start(int threads);
  void post(CommandMessage command) { queue_.push_back(std::move(command)); }
  // Answers waiting commands and advances running methods for about `budget_micros`; whether more
  // is waiting to be done.
  bool step(int64_t budget_micros);
  bool busy() const;

  // Takes pictures as they are (`--exact-input`).
  void set_exact_input(bool exact) { exact_input_ = exact; }

 private:
  struct Run {
    RequestId request;
    RunMethod command;
    const MethodInfo* info;
    MethodRun method;
    int64_t micros = 0;
    bool paused = false, step_once = false;
    MethodPreview last;
  };

  void send(RequestId request, Event event) { sink_({request, std::move(event)}); }
  void send_failure(RequestId request, const Error& error);
  void handle(const CommandMessage& message);
  // One overload per command; each returns the final event, or nothing where it comes later.
  Result<std::optional<Event>> answer(RequestId request, const LoadModel& command);
  Result<std::optional<Event>> answer(RequestId request, const SetImage& command);
  Result<std::optional<Event>> answer(RequestId request, const SetPixels& command);
  Result<std::optional<Event>> answer(RequestId request, const Forward& command);
  Result<std::optional<Event>> answer(RequestId request, const GetActivations& command);
  Result<std::optional<Event>> answer(RequestId request, const GetFilters& command);
  Result<std::optional<Event>> answer(RequestId request, const GetFilterResponse& command);
  Result<std::optional<Event>> answer(RequestId request, const RunMethod& command);
  Result<std::optional<Event>> answer(RequestId request, const Cancel& command);
  Result<std::optional<Event>> answer(RequestId request, const Pause& command);
  Result<std::optional<Event>> answer(RequestId request, const Resume& command);
  Result<std::optional<Event>> answer(RequestId request, const Step& command);
  Result<std::optional<Event>> answer(RequestId request, const SetThreads& command);
  Result<std::optional<Event>> answer(RequestId request, const EncodePng& command);
  Result<std::optional<Event>> answer(RequestId request, const SaveOnnx& command);

  Result<std::optional<Event>> use_picture(Image image);
  Result<Network*> network();
  Result<const ModelLayer*> layer(const std::string& name);
  void cancel_runs(const char* why_en, const char* why_zh);
  Run* find_run(RequestId request);
  // Advances the first run that is not paused by one preview; false where there is none.
  bool advance();
  void finish(std::list<Run>::iterator run);

  std::string build_;
  int max_threads_;
  Sink sink_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
  std::shared_ptr<const Image> picture_;
  bool exact_input_ = false;
  std::deque<CommandMessage> queue_;
  std::list<Run> runs_;
};

}  // namespace convscope
