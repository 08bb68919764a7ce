#include "cli/files.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/nearest.h"
#include "image/colour_map.h"
#include "image/encode.h"

namespace convscope {
namespace {

constexpr int64_t kImageNetClasses = 1000;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

bool exists(const std::string& path) {
  return File(std::fopen(path.c_str(), "rb"), std::fclose) != nullptr;
}

float largest_magnitude(float low, float high) { return std::max(std::abs(low), std::abs(high)); }

Image draw_plane(std::span<const float> values, int width, int height, bool is_signed) {
  const auto [low, high] = std::ranges::minmax(values);
  if (!is_signed) return coloured(values, width, height, ColourMap::kMagma, low, high);
  const float reach = largest_magnitude(low, high);
  return coloured(values, width, height, ColourMap::kSigned, -reach, reach);
}

Status write_image(const std::string& path, const Image& image) {
  TRY(const auto bytes, encode_png(image));
  return write_file(path, bytes);
}

}  // namespace

Result<std::vector<uint8_t>> read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(ErrorCode::kNotFound, path + " is a directory; name a file in it");
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr)
    return fail(ErrorCode::kNotFound, "cannot open " + path + "; check the name");
  std::vector<uint8_t> bytes;
  uint8_t block[65536];
  while (const size_t count = std::fread(block, 1, sizeof(block), file.get())) {
    if (bytes.size() + count > kLargestFile) {
      return fail(ErrorCode::kTooLarge, path + " has more than " +
                                            std::to_string(kLargestFile >> 20) +
                                            " MB, which is no picture or network; check the name");
    }
    bytes.insert(bytes.end(), block, block + count);
  }
  if (std::ferror(file.get()) != 0) return fail(ErrorCode::kNotFound, "cannot read " + path);
  return bytes;
}

Status write_file(const std::string& path, std::span<const uint8_t> bytes) {
  File file(std::fopen(path.c_str(), "wb"), std::fclose);
  const bool written = file != nullptr &&
                       std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size() &&
                       std::fclose(file.release()) == 0;
  if (!written)
    return fail(ErrorCode::kNotFound,
                "cannot write " + path + "; check the folder and its free space");
  return {};
}

std::string model_folder(const std::string& option) {
  if (!option.empty()) return option;
  const char* environment = std::getenv("CONVSCOPE_MODELS");
  return environment != nullptr && *environment != 0 ? environment : "build/models";
}

std::string how_to_get(const CatalogEntry& entry) {
  // Only a file that is used as it was published has a fixed hash; it may be laid ready.
  const bool published = !entry.sha256.empty();
  return "run ./dev models" +
         (published ? ", which downloads it or takes it from the folder CONVSCOPE_DOWNLOADS"
                    : std::string());
}

Result<BundleFacts> read_facts(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr)
    return fail(ErrorCode::kNotFound, "cannot open " + path + "; check the name");
  std::vector<uint8_t> head(kBundlePreludeBytes);
  head.resize(std::fread(head.data(), 1, head.size(), file.get()));
  TRY(const size_t size, bundle_head_bytes(head));
  head.resize(size);
  const size_t rest = size - kBundlePreludeBytes;
  head.resize(kBundlePreludeBytes +
              std::fread(head.data() + kBundlePreludeBytes, 1, rest, file.get()));
  return read_bundle_facts(head);
}

std::vector<BundleFacts> added_networks(const std::string& folder) {
  std::vector<BundleFacts> out;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = file.path().stem().string();
    if (file.path().extension() != ".csb" || find_catalog_entry(name) != nullptr) continue;
    auto facts = read_facts(file.path().string());
    if (facts && facts->id == name) out.push_back(*std::move(facts));
  }
  std::ranges::sort(out, {}, &BundleFacts::id);
  return out;
}

Result<ModelFile> find_model_file(const std::string& model, const std::string& folder) {
  if (const CatalogEntry* entry = find_catalog_entry(model)) {
    const std::string path = folder + "/" + std::string(entry->file);
    if (!exists(path)) {
      return fail(ErrorCode::kNotFound, std::string(entry->title) + ": " + path +
                                            " does not exist; " + how_to_get(*entry) +
                                            ", or name the folder with --models");
    }
    return ModelFile{model, std::string(entry->format), path};
  }
  if (model.ends_with(".csb") && exists(model)) {
    const auto facts = read_facts(model);  // what is wrong with it is said when it is opened
    return ModelFile{facts && !facts->id.empty() ? facts->id : "bundle", "csb", model};
  }
  for (const CatalogEntry& entry : model_catalog()) {
    if (entry.format != "csb" && model.ends_with("." + std::string(entry.format)) && exists(model))
      return ModelFile{std::string(entry.id), std::string(entry.format), model};
  }
  if (model.ends_with(".onnx") && exists(model)) {
    const std::string file = model.substr(model.rfind('/') + 1);
    return ModelFile{file.substr(0, file.size() - 5), "onnx", model};
  }
  std::string known;
  std::vector<std::string> ids;
  for (const CatalogEntry& entry : model_catalog()) {
    ids.emplace_back(entry.id);
    known += (known.empty() ? "" : ", ") + ids.back();
  }
  for (const BundleFacts& facts : added_networks(folder)) {
    if (facts.id == model) return ModelFile{model, "csb", folder + "/" + model + ".csb"};
    ids.push_back(facts.id);
    known += ", " + facts.id;
  }
  return fail(ErrorCode::kNotFound, "there is no network named " + model +
                                        nearest_hint(model, ids) + "; want one of " + known +
                                        ", or the path of a .csb, .net or .onnx file");
}

Result<std::vector<std::string>> load_labels(const std::string& folder, const std::string& language,
                                             const ModelInfo& model) {
  if (!model.labels.empty()) return model.labels;
  const int64_t classes = model.classes;
  // ImageNet's labels; a network of other classes has numbers.
  if (classes != kImageNetClasses) {
    std::vector<std::string> numbers;
    for (int64_t i = 0; i < classes; ++i) numbers.push_back("class " + std::to_string(i));
    return numbers;
  }
  const auto bytes = read_file(folder + "/labels." + language + ".txt");
  if (!bytes) {
    return fail(bytes.error().code, "the class names: " + bytes.error().message +
                                        ", run ./dev models, or name their folder with --models");
  }
  return read_labels({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, classes);
}

Status write_npy(const std::string& path, const Shape& shape, std::span<const float> values) {
  return write_file(path, encode_npy(shape, values));
}

Status write_map_png(const std::string& path, const Map& map) {
  return write_image(path, draw_plane({map.values.floats(), map.values.float_count()}, map.width,
                                      map.height, map.is_signed));
}

Status write_picture_png(const std::string& path, const Picture& picture) {
  TRY(const auto bytes,
      encode_png_rgba(picture.width, picture.height, {picture.rgba.data(), picture.rgba.size()}));
  return write_file(path, bytes);
}

Status write_planes_png(const std::string& path, std::span<const float> planes, int count,
                        int height, int width, bool is_signed) {
  const int columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(count))));
  const int rows = (count + columns - 1) / columns;
  // Small filters are enlarged, so that a viewer shows them.
  const int zoom = std::max(1, 32 / std::max(height, width));
  const int cell_width = width * zoom + 2, cell_height = height * zoom + 2;
  Image sheet(columns * cell_width, rows * cell_height);
  std::ranges::fill(sheet.rgb, uint8_t{255});
  const auto area = static_cast<size_t>(height) * static_cast<size_t>(width);
  for (int i = 0; i < count; ++i) {
    const Image plane =
        draw_plane(planes.subspan(static_cast<size_t>(i) * area, area), width, height, is_signed);
    for (int y = 0; y < height * zoom; ++y) {
      for (int x = 0; x < width * zoom; ++x) {
        std::copy_n(
            plane.pixel(x / zoom, y / zoom), 3,
            sheet.pixel(i % columns * cell_width + 1 + x, i / columns * cell_height + 1 + y));
      }
    }
  }
  return write_image(path, sheet);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

}  // namespace convscope
