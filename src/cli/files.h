// Files of the native program: models, labels, pictures, results.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/bundle_facts.h"
#include "model/catalog.h"
#include "protocol/types.h"
#include "tensor/shape.h"

namespace convscope {

// At most kLargestFile bytes; a folder, a missing and a larger file are refused with a sentence.
constexpr size_t kLargestFile = size_t{1} << 30;
Result<std::vector<uint8_t>> read_file(const std::string& path);
Status write_file(const std::string& path, std::span<const uint8_t> bytes);

// Where networks and class names lie: --models, else CONVSCOPE_MODELS, else build/models.
std::string model_folder(const std::string& option);

// The step that brings a network's file: "run ./dev models …".
std::string how_to_get(const CatalogEntry& entry);

// A network's file by the name of one of the catalog or the folder, or by the path of a .csb, .net
// or .onnx file.
struct ModelFile {
  std::string id, format, path;
};
Result<ModelFile> find_model_file(const std::string& model, const std::string& folder);
// What a bundle says of itself; reads no more than its header.
Result<BundleFacts> read_facts(const std::string& path);
// Bundles in the folder that the catalog does not have (`./dev models add`), by name; those whose
// header cannot be read are left out.
std::vector<BundleFacts> added_networks(const std::string& folder);
// The class names that the network's file brings, else those that lie in the folder.
Result<std::vector<std::string>> load_labels(const std::string& folder, const std::string& language,
                                             const ModelInfo& model);

Status write_npy(const std::string& path, const Shape& shape, std::span<const float> values);
// A map in magma, or blue-white-orange around zero where it is signed.
Status write_map_png(const std::string& path, const Map& map);
Status write_picture_png(const std::string& path, const Picture& picture);
// Planes side by side in a near-square grid, each stretched to its own range.
Status write_planes_png(const std::string& path, std::span<const float> planes, int count,
                        int height, int width, bool is_signed);

// `text` as a JSON string with its quotes.
std::string json_string(std::string_view text);
std::string json_number(double value);

}  // namespace convscope
