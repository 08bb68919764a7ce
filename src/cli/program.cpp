#include "cli/program.h"

#include <unistd.h>

#include <cstdio>
#include <thread>

namespace convscope {

std::vector<OptionSpec> with_common_options(std::vector<OptionSpec> more) {
  const OptionSpec common[] = {
      {"png", "FILE", "write the result as a picture"},
      {"npy", "FILE", "write the numbers as float32, height × width × channels"},
      {"exact-input", "", "the picture already has the network's input size: no resize, no crop"},
      {"models", "DIR", "folder of the networks (default: $CONVSCOPE_MODELS, else build/models)"},
      {"threads", "N", "threads to compute with (default: all cores)"},
      {"json", "", "print JSON"},
      {"help", "", "print this"},
  };
  more.insert(more.end(), std::begin(common), std::end(common));
  return more;
}

Result<Opened> open_network(const Arguments& arguments) {
  Opened out;
  out.folder = model_folder(arguments.value("models"));
  TRY(const ModelFile file, find_model_file(arguments.words[0], out.folder));
  TRY(auto bytes, read_file(file.path));
  const auto cores = std::to_string(std::max(1u, std::thread::hardware_concurrency()));
  TRY(const int64_t threads, parse_integer("--threads", arguments.value("threads", cores)));
  if (threads < 1 || threads > 64)
    return fail(ErrorCode::kInvalidArgument,
                "--threads: got " + std::to_string(threads) + ", want 1 to 64");
  out.client = std::make_unique<Client>(static_cast<int>(threads));
  out.client->set_exact_input(arguments.has("exact-input"));
  out.client->on_preview(show_progress);
  TRY(ModelLoaded loaded,
      out.client->ask<ModelLoaded>(LoadModel{file.id, file.format, Blob(std::move(bytes))}));
  out.model = std::move(loaded.model);
  return out;
}

Status open_picture(Client& client, const std::string& path) {
  TRY(auto bytes, read_file(path));
  auto ready = client.ask<ImageReady>(SetImage{path, Blob(std::move(bytes))});
  if (!ready) return std::unexpected(std::move(ready.error()).with_context(path));
  return {};
}

void show_progress(const MethodPreview& preview) {
  static const bool kTerminal = isatty(STDERR_FILENO) != 0;
  if (!kTerminal) return;
  std::fprintf(stderr, "\r%s: step %d/%d %s\x1b[K", preview.method.c_str(), preview.step,
               preview.steps, preview.stage.c_str());
  std::fflush(stderr);
}

void end_progress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\x1b[K", stderr);
}

Result<MethodResult> run_method(Client& client, const std::string& method,
                                const Arguments& arguments) {
  RunMethod request;
  request.method = method;
  TRY(const int64_t target, parse_integer("--target", arguments.value("target", "-1")));
  TRY(const int64_t seed, parse_integer("--seed", arguments.value("seed", "1")));
  request.target = static_cast<int32_t>(target);
  request.seed = static_cast<uint64_t>(seed);
  request.layer = arguments.value("layer");
  request.untrained = arguments.has("untrained");
  if (const auto channels = arguments.options.find("channel");
      channels != arguments.options.end()) {
    for (const std::string& text : channels->second) {
      TRY(const int64_t channel, parse_integer("--channel", text));
      request.channels.push_back(static_cast<int32_t>(channel));
    }
  }
  if (const auto parameters = arguments.options.find("param");
      parameters != arguments.options.end()) {
    for (const std::string& text : parameters->second) {
      const size_t equals = text.find('=');
      if (equals == std::string::npos)
        return fail(ErrorCode::kInvalidArgument, "--param: got \"" + text + "\", want KEY=VALUE");
      TRY(const double value,
          parse_number("--param " + text.substr(0, equals), text.substr(equals + 1)));
      request.parameters.push_back({text.substr(0, equals), value});
    }
  }
  auto result = client.ask<MethodResult>(std::move(request));
  end_progress();
  return result;
}

}  // namespace convscope
