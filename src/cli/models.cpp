// convscope models [MODEL]: the networks at hand, or the layers of one.
#include <cstdio>

#include "cli/program.h"
#include "explain/registry.h"
#include "imagine/registry.h"
#include "model/catalog.h"

namespace convscope {
namespace {

void print_networks(const std::string& folder) {
  for (const CatalogEntry& entry : model_catalog()) {
    const auto file = find_model_file(std::string(entry.id), folder);
    std::printf("%-20.*s %.*s. %.*s %s\n", static_cast<int>(entry.id.size()), entry.id.data(),
                static_cast<int>(entry.title.size()), entry.title.data(),
                static_cast<int>(entry.accuracy.en.size()), entry.accuracy.en.data(),
                file ? "" : "(not at hand: run ./dev setup)");
  }
}

void print_methods() {
  for (const auto methods : {explain_methods(), imagine_methods()}) {
    for (const Method& method : methods) {
      const MethodInfo& info = method.info();
      std::printf("%-20s %s (%s)\n", info.id.c_str(), info.title.en.c_str(), info.citation.c_str());
      for (const ParameterInfo& p : info.parameters) {
        std::printf("    %-16s %g to %g, initially %g%s%s: %s\n", p.id.c_str(), p.minimum,
                    p.maximum, p.initial, p.unit.empty() ? "" : " ", p.unit.c_str(),
                    p.help.en.c_str());
      }
    }
  }
}

void print_layers(const ModelInfo& model) {
  std::printf("%s: input %d × %d × %d, %.2f million parameters, %.2f GFLOP\n", model.title.c_str(),
              model.input_height, model.input_width, model.input_channels,
              static_cast<double>(model.parameters) / 1e6, static_cast<double>(model.flops) / 1e9);
  for (const LayerInfo& layer : model.layers) {
    std::printf("%s%-20s %4d × %3d × %4d  %-36s %9lld parameters %12lld FLOP\n",
                layer.minor ? "  " : "", layer.name.c_str(), layer.height, layer.width,
                layer.channels, layer.operation.c_str(), static_cast<long long>(layer.parameters),
                static_cast<long long>(layer.flops));
  }
}

Status run(const Arguments& arguments) {
  if (arguments.has("methods")) {
    print_methods();
  } else if (arguments.words.empty()) {
    print_networks(model_folder(arguments.value("models")));
  } else {
    TRY(const Opened opened, open_network(arguments));
    print_layers(opened.model);
  }
  return {};
}

}  // namespace

const Verb& models_verb() {
  static const Verb kVerb = {
      {"models", "[MODEL]", "Lists the networks, or the layers of one.", 0, 1,
       with_common_options({{"methods", "", "list the methods and their parameters instead"}})},
      run};
  return kVerb;
}

}  // namespace convscope
