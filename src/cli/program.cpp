#include "cli/program.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <format>
#include <thread>

#include "base/nearest.h"

namespace convscope {
namespace {

constexpr int64_t kMostThreads = 64;

void append(std::vector<OptionSpec>& options, std::initializer_list<OptionSpec> more) {
  options.insert(options.end(), more);
}

// KEY=VALUE of --param against the method's table.
Result<ParameterValue> parse_parameter(const MethodInfo& info, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "--param: got \"" + text + "\", want KEY=VALUE");
  const std::string key = text.substr(0, equals);
  const auto described = std::ranges::find(info.parameters, key, &ParameterInfo::id);
  if (described == info.parameters.end()) {
    std::vector<std::string> keys;
    for (const ParameterInfo& parameter : info.parameters) keys.push_back(parameter.id);
    return fail(ErrorCode::kInvalidArgument, info.id + " has no parameter named " + key +
                                                 nearest_hint(key, keys) +
                                                 "; `convscope models --methods` lists them");
  }
  const auto& names = described->choice_ids;
  const std::string given = text.substr(equals + 1);
  if (const auto named = std::ranges::find(names, given); named != names.end())
    return ParameterValue{key, static_cast<double>(named - names.begin())};
  if (!names.empty() && given.find_first_not_of("0123456789") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "--param " + key + ": there is no " + given +
                                                 nearest_hint(given, names) +
                                                 "; `convscope models --methods` lists them");
  }
  TRY(const double value, parse_number("--param " + key, given));
  const bool whole = described->type != ParameterType::kNumber;
  if (value < described->minimum || value > described->maximum ||
      (whole && value != std::round(value))) {
    return fail(
        ErrorCode::kInvalidArgument,
        std::format("--param {}: got {}, want {} from {} to {}", key, value,
                    whole ? "a whole number" : "a number", described->minimum, described->maximum));
  }
  return ParameterValue{key, value};
}

Result<std::vector<ParameterValue>> parse_parameters(const MethodInfo& info,
                                                     const Arguments& arguments) {
  std::vector<ParameterValue> parameters;
  const auto given = arguments.options.find("param");
  if (given == arguments.options.end()) return parameters;
  for (const std::string& text : given->second) {
    TRY(ParameterValue parameter, parse_parameter(info, text));
    if (std::ranges::find(parameters, parameter.id, &ParameterValue::id) != parameters.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  "--param " + parameter.id + " was given twice; leave one out");
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

}  // namespace

std::vector<OptionSpec> result_options(std::string_view png, std::string_view npy,
                                       std::vector<OptionSpec> own) {
  append(own, {{"png", "FILE", png},
               {"npy", "FILE", npy},
               {"models", "DIR",
                "folder of the networks (default: $CONVSCOPE_MODELS, else build/models)"},
               {"json", "", "print JSON"},
               {"help", "", "print this"}});
  return own;
}

std::vector<OptionSpec> picture_options(std::string_view png, std::string_view npy,
                                        std::vector<OptionSpec> own) {
  append(
      own,
      {{"exact-input", "", "the picture already has the network's input size: no resize, no crop"},
       {"input", "TEXT",
        "how a picture becomes the input, like \"order=rgb mean=127 std=128 "
        "resize=shorter-side:256 side=224\"; order may be bgr or gray, resize squash:N, side "
        "HEIGHTxWIDTH (default: what the file says; of an .onnx file guessed)"},
       {"threads", "N", "threads to compute with (default: all cores)", false, 1, kMostThreads}});
  return result_options(png, npy, std::move(own));
}

Error Opened::with_listing(Error error) const {
  if (error.code == ErrorCode::kNotFound)
    error.message += " `convscope models " + name + "` lists its layers and their filters.";
  return error;
}

Result<Opened> open_network(const Arguments& arguments) {
  Opened out;
  out.name = arguments.words[0];
  out.folder = model_folder(arguments.value("models"));
  TRY(const ModelFile file, find_model_file(out.name, out.folder));
  show_progress("opening " + file.path);
  auto bytes = read_file(file.path);
  if (!bytes) {
    end_progress();
    return std::unexpected(std::move(bytes.error()));
  }
  const int64_t cores = std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  TRY(out.client, Client::start(static_cast<int>(arguments.integer("threads", cores))));
  out.client->set_exact_input(arguments.has("exact-input"));
  out.client->on_preview([](const MethodPreview& preview) {
    show_progress(std::format("{}: step {}/{} {}", preview.method, preview.step, preview.steps,
                              preview.stage));
  });
  auto loaded = out.client->ask<ModelLoaded>(LoadModel{
      file.id, file.format, std::string(arguments.value("input")), Blob(*std::move(bytes))});
  end_progress();
  if (!loaded) return std::unexpected(std::move(loaded.error()).with_context(file.path));
  out.model = std::move(loaded->model);
  return out;
}

Status open_picture(Client& client, const std::string& path) {
  TRY(auto bytes, read_file(path));
  auto ready = client.ask<ImageReady>(SetImage{path, Blob(std::move(bytes))});
  if (ready) return {};
  // The command line is as it should be: it is the picture that cannot be used.
  if (ready.error().code == ErrorCode::kInvalidArgument) ready.error().code = ErrorCode::kMalformed;
  return std::unexpected(std::move(ready.error()).with_context(path));
}

void show_progress(const std::string& line) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
}

void end_progress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\x1b[K", stderr);
}

Status check_method_options(const MethodInfo& info, const Arguments& arguments) {
  const char* unused = nullptr;
  if (!info.takes_layer && arguments.has("layer")) unused = "--layer: it looks at no single layer";
  if (!info.takes_layer && arguments.has("channel"))
    unused = "--channel: it looks at no single layer";
  if (!info.class_specific && arguments.has("target")) unused = "--target: it asks about no class";
  if (unused != nullptr)
    return fail(ErrorCode::kInvalidArgument, info.id + " takes no " + unused + "; leave it out");
  TRY_STATUS(parse_parameters(info, arguments));
  return {};
}

Result<MethodResult> run_method(Opened& opened, const MethodInfo& info,
                                const Arguments& arguments) {
  RunMethod request;
  request.method = info.id;
  request.target = static_cast<int32_t>(arguments.integer("target", -1));
  request.seed = static_cast<uint64_t>(arguments.integer("seed", static_cast<int64_t>(info.seed)));
  request.layer = arguments.value("layer");
  request.untrained = arguments.has("untrained");
  if (const auto given = arguments.options.find("channel"); given != arguments.options.end()) {
    for (const std::string& text : given->second) {
      TRY(const int64_t channel, parse_integer("--channel", text, 0, kLargestIndex));
      request.channels.push_back(static_cast<int32_t>(channel));
    }
  }
  TRY(request.parameters, parse_parameters(info, arguments));
  // A picture that is to be taken as it is keeps its size in a dream too.
  const auto has_size = [](const auto& parameters) {
    return std::ranges::any_of(parameters, [](const auto& p) { return p.id == "size"; });
  };
  if (arguments.has("exact-input") && has_size(info.parameters) && !has_size(request.parameters)) {
    const int32_t side = std::max(opened.model.input_height, opened.model.input_width);
    request.parameters.push_back({"size", static_cast<double>(side)});
  }
  auto result = opened.ask<MethodResult>(std::move(request));
  end_progress();
  return result;
}

}  // namespace convscope
