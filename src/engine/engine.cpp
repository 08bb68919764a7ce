#include "engine/engine.h"

#include <algorithm>

#include "base/clock.h"
#include "engine/answers.h"
#include "engine/messages.h"
#include "engine/suggestions.h"
#include "explain/registry.h"
#include "image/decode.h"
#include "imagine/registry.h"
#include "method/diagnosis.h"
#include "model/onnx_export.h"

namespace convscope {

const Method* find_method(std::string_view id) {
  for (const auto methods : {explain_methods(), imagine_methods()}) {
    for (const Method& method : methods) {
      if (method.info().id == id) return &method;
    }
  }
  return nullptr;
}

Engine::Engine(std::string build, int max_threads, Sink sink)
    : build_(std::move(build)), max_threads_(std::max(1, max_threads)), sink_(std::move(sink)) {}

void Engine::start(int threads) {
  if (Status status = initialise_kernels(); !status) {
    send_failure(0, status.error());
    return;
  }
  pool_ = ThreadPool::create(std::clamp(threads, 1, max_threads_));
  EngineReady ready{build_, pool_->threads(), max_threads_, {}};
  for (const auto methods : {explain_methods(), imagine_methods()}) {
    for (const Method& method : methods) ready.methods.push_back(method.info());
  }
  send(0, std::move(ready));
}

bool Engine::busy() const {
  return !queue_.empty() ||
         std::ranges::any_of(runs_, [](const Run& run) { return !run.paused || run.step_once; });
}

bool Engine::step(int64_t budget_micros) {
  const int64_t end = now_micros() + budget_micros;
  do {
    if (!queue_.empty()) {
      const CommandMessage message = std::move(queue_.front());
      queue_.pop_front();
      handle(message);
    } else if (!advance()) {
      break;
    }
  } while (now_micros() < end);
  return busy();
}

void Engine::send_failure(RequestId request, const Error& error) {
  send(request, Failed{std::string(error_code_name(error.code)), explain_error(error)});
}

void Engine::handle(const CommandMessage& message) {
  auto result = std::visit([&](const auto& command) { return answer(message.request, command); },
                           message.command);
  if (!result) {
    send_failure(message.request, result.error());
  } else if (*result) {
    send(message.request, std::move(**result));
  }
}

Result<Network*> Engine::network() {
  if (network_ == nullptr)
    return fail(ErrorCode::kInvalidArgument, "no network is open yet; choose one in the menu");
  return network_.get();
}

Result<const ModelLayer*> Engine::layer(const std::string& name) {
  TRY(Network * net, network());
  return net->model().layer_named(name);
}

Result<std::optional<Event>> Engine::answer(RequestId request, const LoadModel& command) {
  if (pool_ == nullptr) return fail(ErrorCode::kInternal, "the engine has not been started");
  std::optional<Preprocessing> chosen;
  if (!command.input.empty()) {
    TRY(const InputSettings settings, read_input_settings(command.input));
    chosen = preprocessing_of(settings);
  }
  if (network_ != nullptr) network_->forget_untrained();  // room: this network stays until then
  std::vector<onnx::UnsupportedNode> unsupported;
  auto model = load_model(command.id, command.format, {command.bytes.data(), command.bytes.size()},
                          chosen ? &*chosen : nullptr, &unsupported);
  if (!model) {
    send(request, refusal_of(model.error(), unsupported));
    return std::nullopt;
  }
  cancel_runs("another network was opened", "已打开另一个网络");
  network_ = nullptr;  // freed first: two networks need not fit at once
  network_ = std::make_unique<Network>(*std::move(model), pool_.get());
  if (picture_ != nullptr) TRY_STATUS(network_->set_picture(picture_, exact_input_));
  ModelLoaded loaded{describe_model(network_->model())};
  loaded.model.input_adjustable = command.format == "onnx";
  loaded.model.input_guessed = network_->model().preprocessing_guessed;
  return loaded;
}

Result<std::optional<Event>> Engine::use_picture(Image image) {
  ImageReady ready = describe_picture(image);
  auto picture = std::make_shared<const Image>(std::move(image));
  if (network_ != nullptr) TRY_STATUS(network_->set_picture(picture, exact_input_));
  picture_ = std::move(picture);
  cancel_runs("another picture was opened", "已打开另一张图片");
  return ready;
}

Result<std::optional<Event>> Engine::answer(RequestId request, const SetImage& command) {
  auto image = decode_image({command.bytes.data(), command.bytes.size()});
  if (!image) {
    const ImageError& error = image.error();
    send(request,
         Failed{std::string(error_code_name(error.code())), {error.english(), error.chinese()}});
    return std::nullopt;
  }
  return use_picture(*std::move(image));
}

Result<std::optional<Event>> Engine::answer(RequestId, const SetPixels& command) {
  TRY(Image image, image_from(command.picture));
  return use_picture(std::move(image));
}

Result<std::optional<Event>> Engine::answer(RequestId, const Forward& command) {
  TRY(Network * net, network());
  TRY(ForwardDone done, describe_forward(*net, command.thumbnails));
  return done;
}

Result<std::optional<Event>> Engine::answer(RequestId, const GetActivations& command) {
  TRY(const ModelLayer* of, layer(command.layer));
  TRY(Activations activations, describe_activations(*network_, *of, command.pre_activation));
  return activations;
}

Result<std::optional<Event>> Engine::answer(RequestId, const GetFilters& command) {
  TRY(const ModelLayer* of, layer(command.layer));
  TRY(Filters filters, describe_filters(network_->model(), *of, command.filter));
  return filters;
}

Result<std::optional<Event>> Engine::answer(RequestId, const GetFilterResponse& command) {
  TRY(const ModelLayer* of, layer(command.layer));
  TRY(FilterResponse response, filter_response(*network_, *of, command));
  return response;
}

Result<std::optional<Event>> Engine::answer(RequestId request, const RunMethod& command) {
  const Method* method = find_method(command.method);
  if (method == nullptr)
    return fail(ErrorCode::kNotFound, "there is no method named " + command.method);
  const MethodInfo& info = method->info();
  TRY(Network * net, network());
  RunMethod resolved = command;
  if (info.needs_layer && resolved.layer.empty())
    resolved.layer = suggested_layer(net->model(), info.id);
  // After the layer is known: whether a channel exists depends on it.
  TRY_STATUS(check_request(info, resolved, net->model()));
  if (info.class_specific && resolved.target < 0) {
    TRY(resolved.target, net->first_answer());
  }
  add_suggested(net->model(), info.id, &resolved.parameters);
  if (runs_.empty()) net->forget_results_but_of(info.id);
  TRY(MethodContext context, net->method_context(info.id, command.untrained, command.seed));
  Run run{.request = request,
          .command = resolved,
          .info = &info,
          .method = method->run(std::move(context), resolved),
          .paused = command.paused,
          .step_once = command.paused,
          .last = {}};
  run.last.method = info.id;
  runs_.push_back(std::move(run));
  return std::nullopt;
}

Engine::Run* Engine::find_run(RequestId request) {
  const auto found = std::ranges::find(runs_, request, &Run::request);
  return found == runs_.end() ? nullptr : &*found;
}

// Control of a run that has just ended is no mistake: the two messages crossed.
Result<std::optional<Event>> Engine::answer(RequestId, const Cancel& command) {
  std::erase_if(queue_, [&](const CommandMessage& waiting) {
    if (waiting.request != command.request) return false;
    send(waiting.request, Failed{"cancelled", {"Cancelled.", "已取消。"}});
    return true;
  });
  const auto run = std::ranges::find(runs_, command.request, &Run::request);
  if (run != runs_.end()) {
    runs_.erase(run);
    send(command.request, Failed{"cancelled", {"Cancelled.", "已取消。"}});
  }
  return Done{};
}

Result<std::optional<Event>> Engine::answer(RequestId, const Pause& command) {
  if (Run* run = find_run(command.request)) {
    run->paused = true;
    run->step_once = false;
    run->last.paused = true;
    send(run->request, run->last);
  }
  return Done{};
}

Result<std::optional<Event>> Engine::answer(RequestId, const Resume& command) {
  if (Run* run = find_run(command.request)) {
    run->paused = false;
    run->last.paused = false;
    send(run->request, run->last);
  }
  return Done{};
}

Result<std::optional<Event>> Engine::answer(RequestId, const Step& command) {
  if (Run* run = find_run(command.request)) {
    run->paused = true;
    run->step_once = true;
  }
  return Done{};
}

Result<std::optional<Event>> Engine::answer(RequestId, const SetThreads& command) {
  auto pool = ThreadPool::create(std::clamp(command.threads, 1, max_threads_));
  if (network_ != nullptr) network_->set_pool(pool.get());
  pool_ = std::move(pool);
  return Done{};
}

Result<std::optional<Event>> Engine::answer(RequestId, const EncodePng& command) {
  TRY(auto bytes, png_of(command.picture));
  return FileReady{command.name, "image/png", Blob(std::move(bytes))};
}

Result<std::optional<Event>> Engine::answer(RequestId, const SaveOnnx& command) {
  TRY(Network * net, network());
  TRY(auto bytes, write_onnx(net->model(), command.labels));
  return FileReady{command.name, "application/octet-stream", Blob(std::move(bytes))};
}

void Engine::cancel_runs(const char* why_en, const char* why_zh) {
  while (!runs_.empty()) {
    const RequestId request = runs_.front().request;
    runs_.pop_front();
    send(request, Failed{"cancelled",
                         {std::string("Cancelled: ") + why_en + ".",
                          std::string("已取消：") + why_zh + "。"}});
  }
}

bool Engine::advance() {
  const auto run =
      std::ranges::find_if(runs_, [](const Run& r) { return !r.paused || r.step_once; });
  if (run == runs_.end()) return false;
  const int64_t start = now_micros();
  const bool more = run->method.next();
  run->micros += now_micros() - start;
  if (!more) {
    finish(run);
    return true;
  }
  run->step_once = false;
  run->last = std::move(run->method.preview());
  run->last.paused = run->paused;
  send(run->request, run->last);
  runs_.splice(runs_.end(), runs_, run);  // in turn: a short one does not wait for a long one's end
  return true;
}

void Engine::finish(std::list<Run>::iterator run) {
  Result<MethodPreview>& result = run->method.result();
  if (!result) {
    send_failure(run->request, result.error());
  } else {
    MethodResult done{std::move(*result),     run->command.target, run->command.layer,
                      run->command.untrained, run->micros,         {}};
    done.diagnosis = done.last.diagnosis;
    if (done.diagnosis.en.empty() && done.last.map) done.diagnosis = diagnose_map(*done.last.map);
    send(run->request, std::move(done));
  }
  runs_.erase(run);
}

}  // namespace convscope
