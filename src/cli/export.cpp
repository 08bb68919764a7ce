// convscope export MODEL FILE.onnx: a network's layers and weights for other programs.
#include <cstdio>
#include <format>

#include "cli/program.h"

namespace convscope {
namespace {

Status run(const Arguments& arguments) {
  const std::string& path = arguments.words[1];
  if (!path.ends_with(".onnx")) {
    return fail(ErrorCode::kInvalidArgument,
                "the file to write is " + path + ", want a name that ends in .onnx");
  }
  TRY(Opened opened, open_network(arguments));
  SaveOnnx request{.name = path, .labels = {}};
  // Class names are kept where they are at hand: a network with other classes has none here.
  auto labels = load_labels(opened.folder, "en", opened.model);
  if (labels) request.labels = *std::move(labels);
  TRY(const FileReady file, opened.ask<FileReady>(std::move(request)));
  TRY_STATUS(write_file(path, {file.bytes.data(), file.bytes.size()}));
  if (arguments.has("json")) {
    std::printf("{\"file\":%s,\"bytes\":%zu,\"labels\":%s}\n", json_string(path).c_str(),
                file.bytes.size(), labels ? "true" : "false");
  } else {
    std::printf("%s: %s, %.1f MB\n", path.c_str(), opened.model.title.c_str(),
                static_cast<double>(file.bytes.size()) / 1e6);
  }
  return {};
}

}  // namespace

const Verb& export_verb() {
  static const Verb kVerb = {
      {"export",
       "MODEL FILE.onnx",
       "Writes a network as an ONNX file: its layers, weights, input settings and class names.",
       2,
       2,
       {{"input", "TEXT",
         "of an .onnx file: how a picture becomes the input, as in `convscope classify --help`"},
        {"models", "DIR", "folder of the networks (default: $CONVSCOPE_MODELS, else build/models)"},
        {"json", "", "print JSON"},
        {"help", "", "print this"}},
       {{"png", "a network is no picture"},
        {"npy", "a network is no array"},
        {"exact-input", "it looks at no picture"},
        {"threads", "it computes nothing"}}},
      run};
  return kVerb;
}

}  // namespace convscope
