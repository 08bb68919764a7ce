// convscope models [MODEL]: the networks at hand, or the layers of one, or the methods.
#include <cstdio>

#include "cli/program.h"
#include "explain/registry.h"
#include "imagine/registry.h"
#include "model/catalog.h"

namespace convscope {
namespace {

int length(std::string_view text) { return static_cast<int>(text.size()); }

std::string member(std::string_view name, const std::string& json) {
  return "\"" + std::string(name) + "\":" + json;
}

std::string text_member(std::string_view name, std::string_view text) {
  return member(name, json_string(text));
}

// `items` are JSON already.
std::string json_list(const std::vector<std::string>& items, char open, char close) {
  std::string out(1, open);
  for (const std::string& item : items) out += (out.size() == 1 ? "" : ",") + item;
  return out + close;
}
std::string json_object(const std::vector<std::string>& members) {
  return json_list(members, '{', '}');
}
std::string json_array(const std::vector<std::string>& items) { return json_list(items, '[', ']'); }

void print_networks(const std::string& folder) {
  for (const CatalogEntry& entry : model_catalog()) {
    const auto file = find_model_file(std::string(entry.id), folder);
    std::printf("%-20.*s %.*s. %.*s%s\n", length(entry.id), entry.id.data(), length(entry.title),
                entry.title.data(), length(entry.accuracy.en), entry.accuracy.en.data(),
                file ? "" : (" (not at hand: " + how_to_get(entry) + ")").c_str());
  }
  for (const BundleFacts& facts : added_networks(folder))
    std::printf("%-20s %s. %s\n", facts.id.c_str(), facts.title.c_str(), facts.origin.c_str());
}

std::string networks_json(const std::string& folder) {
  std::vector<std::string> networks;
  for (const CatalogEntry& entry : model_catalog()) {
    const bool at_hand = find_model_file(std::string(entry.id), folder).has_value();
    networks.push_back(json_object(
        {text_member("id", entry.id), text_member("title", entry.title),
         text_member("file", folder + "/" + std::string(entry.file)),
         member("at_hand", at_hand ? "true" : "false"), text_member("summary", entry.summary.en),
         text_member("accuracy", entry.accuracy.en), text_member("origin", entry.origin),
         text_member("licence", entry.licence), text_member("citation", entry.citation)}));
  }
  for (const BundleFacts& facts : added_networks(folder)) {
    networks.push_back(json_object(
        {text_member("id", facts.id), text_member("title", facts.title),
         text_member("file", folder + "/" + facts.id + ".csb"), member("at_hand", "true"),
         text_member("summary", ""), text_member("accuracy", ""),
         text_member("origin", facts.origin), text_member("licence", facts.licence),
         text_member("citation", facts.citation)}));
  }
  return json_object({member("networks", json_array(networks))});
}

std::vector<const MethodInfo*> all_methods() {
  std::vector<const MethodInfo*> out;
  for (const auto methods : {explain_methods(), imagine_methods()}) {
    for (const Method& method : methods) out.push_back(&method.info());
  }
  return out;
}

void print_methods() {
  for (const MethodInfo* info : all_methods()) {
    std::printf("%-20s %s (%s)\n", info->id.c_str(), info->title.en.c_str(),
                info->citation.c_str());
    for (const ParameterInfo& p : info->parameters) {
      std::printf("    %-16s %g to %g, initially %g%s%s: %s\n", p.id.c_str(), p.minimum, p.maximum,
                  p.initial, p.unit.empty() ? "" : " ", p.unit.c_str(), p.help.en.c_str());
      for (size_t i = 0; i < p.choice_ids.size(); ++i)
        std::printf("%s%s", i == 0 ? "        or by name: " : ", ", p.choice_ids[i].c_str());
      if (!p.choice_ids.empty()) std::printf("\n");
    }
  }
}

std::string methods_json() {
  std::vector<std::string> methods;
  for (const MethodInfo* info : all_methods()) {
    std::vector<std::string> parameters;
    for (const ParameterInfo& p : info->parameters) {
      std::vector<std::string> names;
      for (const std::string& name : p.choice_ids) names.push_back(json_string(name));
      parameters.push_back(
          json_object({text_member("id", p.id), member("minimum", json_number(p.minimum)),
                       member("maximum", json_number(p.maximum)),
                       member("initial", json_number(p.initial)), text_member("unit", p.unit),
                       text_member("help", p.help.en), member("names", json_array(names))}));
    }
    methods.push_back(
        json_object({text_member("id", info->id), text_member("title", info->title.en),
                     text_member("citation", info->citation),
                     member("class_specific", info->class_specific ? "true" : "false"),
                     member("needs_layer", info->needs_layer ? "true" : "false"),
                     member("parameters", json_array(parameters))}));
  }
  return json_object({member("methods", json_array(methods))});
}

void print_layers(const ModelInfo& model) {
  std::printf("%s: input %d × %d × %d, %.2f million parameters, %.2f GFLOP\n", model.title.c_str(),
              model.input_height, model.input_width, model.input_channels,
              static_cast<double>(model.parameters) / 1e6, static_cast<double>(model.flops) / 1e9);
  for (const LayerInfo& layer : model.layers) {
    std::string filters;
    for (const std::string& name : layer.filter_names)
      filters += (filters.empty() ? "  filters " : ", ") + name;
    std::printf("%-22s %4d × %3d × %4d  %-36s %9lld parameters %12lld FLOP%s\n",
                ((layer.minor ? "  " : "") + layer.name).c_str(), layer.height, layer.width,
                layer.channels, layer.operation.c_str(), static_cast<long long>(layer.parameters),
                static_cast<long long>(layer.flops), filters.c_str());
  }
}

std::string shape_json(int64_t height, int64_t width, int64_t channels) {
  return json_array({std::to_string(height), std::to_string(width), std::to_string(channels)});
}

std::string layers_json(const ModelInfo& model) {
  std::vector<std::string> layers;
  for (const LayerInfo& layer : model.layers) {
    std::vector<std::string> filters;
    for (const std::string& name : layer.filter_names) filters.push_back(json_string(name));
    layers.push_back(json_object(
        {text_member("name", layer.name), text_member("kind", layer.kind),
         text_member("operation", layer.operation),
         member("shape", shape_json(layer.height, layer.width, layer.channels)),
         member("parameters", std::to_string(layer.parameters)),
         member("flops", std::to_string(layer.flops)),
         member("minor", layer.minor ? "true" : "false"), member("filters", json_array(filters))}));
  }
  return json_object(
      {text_member("id", model.id), text_member("title", model.title),
       member("input", shape_json(model.input_height, model.input_width, model.input_channels)),
       member("classes", std::to_string(model.classes)),
       member("parameters", std::to_string(model.parameters)),
       member("flops", std::to_string(model.flops)), member("layers", json_array(layers))});
}

Status run(const Arguments& arguments) {
  const bool json = arguments.has("json");
  const std::string folder = model_folder(arguments.value("models"));
  if (arguments.has("methods")) {
    if (!arguments.words.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "models --methods lists the methods, which are the same for every network; leave "
                  "out " +
                      arguments.words[0]);
    }
    json ? void(std::puts(methods_json().c_str())) : print_methods();
  } else if (arguments.words.empty()) {
    json ? void(std::puts(networks_json(folder).c_str())) : print_networks(folder);
  } else {
    TRY(const Opened opened, open_network(arguments));
    json ? void(std::puts(layers_json(opened.model).c_str())) : print_layers(opened.model);
  }
  return {};
}

}  // namespace

const Verb& models_verb() {
  static const Verb kVerb = {
      {"models",
       "[MODEL]",
       "Lists the networks, or the layers of one: shape, operation, parameters, FLOPs, filters.",
       0,
       1,
       {{"methods", "", "list the methods and their parameters instead"},
        {"models", "DIR", "folder of the networks (default: $CONVSCOPE_MODELS, else build/models)"},
        {"json", "", "print JSON"},
        {"help", "", "print this"}},
       {{"png", "a list is no picture"},
        {"npy", "a list is no array"},
        {"exact-input", "it looks at no picture"},
        {"threads", "it computes nothing"}}},
      run};
  return kVerb;
}

}  // namespace convscope
