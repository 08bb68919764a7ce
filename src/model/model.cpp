#include "model/model.h"

#include <algorithm>

#include "base/nearest.h"
#include "model/bundle.h"
#include "model/bundle_facts.h"
#include "model/catalog.h"
#include "model/input_size.h"
#include "model/onnx_model.h"
#include "model/squeezenet.h"

namespace convscope {

const ModelLayer* Model::find_layer(std::string_view name) const {
  const auto found = std::ranges::find(layers, name, &ModelLayer::name);
  return found == layers.end() ? nullptr : &*found;
}

Result<const ModelLayer*> Model::layer_named(std::string_view name) const {
  if (const ModelLayer* found = find_layer(name)) return found;
  std::vector<std::string> names;
  for (const ModelLayer& layer : layers) names.push_back(layer.name);
  std::string near = nearest_hint(name, names);
  if (near.empty()) near = "; choose one of its " + std::to_string(names.size()) + " layers";
  return fail(ErrorCode::kNotFound, title + " has no layer named " + std::string(name) + near);
}

namespace {

Result<Model> read_model(std::string_view format, std::span<const uint8_t> bytes) {
  // By file ending, or by models/catalog.json's word.
  if (format == "net" || format == "squeezenet-net") return read_squeezenet(bytes);
  if (format == "csb" || format == "bundle") return read_bundle(bytes);
  return fail(ErrorCode::kUnsupported, "ConvScope does not know the model format '" +
                                           std::string(format) + "'; it reads csb, net and onnx");
}

Shape made_by(const Preprocessing& p) { return {1, p.crop_height, p.crop_width, p.channels()}; }

Result<Model> choose_input(Model model, const Preprocessing* chosen) {
  if (chosen == nullptr) return model;
  TRY_STATUS(resize_input(model, made_by(*chosen)));
  model.preprocessing = *chosen;
  return model;
}

Result<Model> read_catalogued(const CatalogEntry& entry, std::string_view format,
                              std::span<const uint8_t> bytes, const Preprocessing* chosen) {
  TRY(Model model, read_model(format, bytes));
  if (model.id != entry.id) {
    return fail(ErrorCode::kInvalidArgument, "the file holds the network '" + model.id +
                                                 "', want '" + std::string(entry.id) +
                                                 "'; choose the file again");
  }
  model.title = entry.title;
  model.preprocessing = entry.preprocessing;
  const Shape want = made_by(model.preprocessing);
  if (model.graph.shape(model.input) != want) {
    return fail(ErrorCode::kInvalidArgument,
                "the network '" + model.id + "' in the file has the input " +
                    model.graph.shape(model.input).text() + ", want " + want.text() +
                    "; build or download the file again");
  }
  return choose_input(std::move(model), chosen);
}

// A bundle that says itself what the catalog says of others.
Result<Model> read_own_bundle(std::string_view id, std::span<const uint8_t> bytes,
                              const Preprocessing* chosen) {
  TRY(const BundleFacts facts, read_bundle_facts(bytes));
  if (facts.preprocessing.empty() && chosen == nullptr) {
    return fail(ErrorCode::kUnsupported, "the bundle of the network '" + facts.id +
                                             "' does not say how a picture becomes its input; "
                                             "make it again with a newer ConvScope");
  }
  TRY(Model model, read_bundle(bytes));
  model.id = id;
  if (model.title.empty()) model.title = facts.id;
  return choose_input(std::move(model), chosen);
}

std::unexpected<Error> not_in_catalog(std::string_view id) {
  std::string known;
  for (const CatalogEntry& other : model_catalog())
    known += (known.empty() ? "" : ", ") + std::string(other.id);
  return fail(ErrorCode::kNotFound,
              "there is no network '" + std::string(id) + "'; choose one of " + known);
}

// Every model ends in a layer that shows the probabilities.
void add_softmax_layer(Model& model) {
  const auto shows = [&](const ModelLayer& layer) { return layer.value == model.probabilities; };
  if (std::ranges::any_of(model.layers, shows) || model.find_layer("softmax") != nullptr) return;
  model.layers.push_back({.name = "softmax", .kind = "softmax", .value = model.probabilities});
}

}  // namespace

Result<Model> load_model(std::string_view id, std::string_view format,
                         std::span<const uint8_t> bytes, const Preprocessing* chosen,
                         std::vector<onnx::UnsupportedNode>* unsupported) {
  const auto open = [&]() -> Result<Model> {
    if (format == "onnx") return read_onnx(id, bytes, chosen, unsupported);
    if (const CatalogEntry* entry = find_catalog_entry(id))
      return read_catalogued(*entry, format, bytes, chosen);
    if (format == "csb" || format == "bundle") return read_own_bundle(id, bytes, chosen);
    return not_in_catalog(id);
  };
  TRY(Model model, open());
  add_softmax_layer(model);
  describe_layers(model);
  return model;
}

std::string model_error_chinese(const Error& error) {
  const auto say = [&](std::string_view what) {
    return std::string(what) + "（" + error.message + "）";
  };
  switch (error.code) {
    case ErrorCode::kMalformed:
      return say("模型文件已损坏或不完整；请重新下载。");
    case ErrorCode::kUnsupported:
      return say("模型文件用到了 ConvScope 不支持的内容；请选择另一个网络。");
    case ErrorCode::kTooLarge:
      return say("模型文件超出了 ConvScope 的上限；请选择更小的网络。");
    case ErrorCode::kOutOfMemory:
      return say("内存不足，无法打开这个网络；请关闭其他标签页后再试。");
    case ErrorCode::kNotFound:
    case ErrorCode::kInvalidArgument:
      return say("这个文件与所选的网络不符；请重新选择。");
    case ErrorCode::kCancelled:
    case ErrorCode::kInternal:
      return say("无法打开这个网络；请重新加载页面。");
  }
  return say("无法打开这个网络。");
}

}  // namespace convscope
