// Small model files for tests, put together in memory.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convscope {

template <typename T>
void append_values(std::vector<uint8_t>& out, std::span<const T> values) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  out.insert(out.end(), bytes, bytes + values.size_bytes());
}

inline std::vector<uint8_t> make_bundle(std::string_view header,
                                        std::span<const uint8_t> data = {}) {
  std::vector<uint8_t> file;
  for (char c : std::string_view("CSBNDL01")) file.push_back(static_cast<uint8_t>(c));
  const std::array<uint32_t, 1> length = {static_cast<uint32_t>(header.size())};
  append_values<uint32_t>(file, length);
  file.insert(file.end(), header.begin(), header.end());
  file.resize((file.size() + 63) / 64 * 64);
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

// A network of 8×8 pictures and two classes: a convolution of four filters, a pooling, a linear
// layer.
inline constexpr std::string_view kTinyHeader =
    "# a comment\n"
    "model tiny\n"
    "input image 1 8 8 3\n"
    "param conv.weight f32 0 432 4 3 3 3\n"
    "param conv.bias f32 432 16 4\n"
    "param logits.weight f16 448 16 2 4\n"
    "param logits.bias f32 464 8 2\n"
    "node Conv conv image,conv.weight,conv.bias conv.pre kernel=3,3 strides=2,2 "
    "auto_pad=same_upper\n"
    "node Relu conv.relu conv.pre conv\n"
    "node MaxPool pool conv pool kernel=2,2 strides=2,2\n"
    "node GlobalAveragePool average pool average\n"
    "node Flatten flatten average features axis=1\n"
    "node Gemm logits features,logits.weight,logits.bias logits transB=1\n"
    "node Softmax softmax logits probabilities axis=-1\n"
    "layer conv conv kind=conv pre=conv.pre\n"
    "layer pool pool kind=pool\n"
    "layer logits logits kind=logits\n"
    "output logits logits\n"
    "output probabilities probabilities\n"
    "later versions may say more\n";

// Weights 0, 1, 2 … (0.01 each), biases 1 and 2, linear weights 1, -2, 0.5, 0, …
inline std::vector<uint8_t> tiny_data() {
  std::vector<float> conv(108);
  for (size_t i = 0; i < conv.size(); ++i) conv[i] = 0.01f * static_cast<float>(i);
  std::vector<uint8_t> data;
  append_values<float>(data, conv);
  append_values<float>(data, std::vector<float>(4, 1.0f));
  append_values<uint16_t>(
      data, std::vector<uint16_t>{0x3c00, 0xc000, 0x3800, 0x0000, 0x0001, 0x7bff, 0x8001, 0x0400});
  append_values<float>(data, std::vector<float>(2, 2.0f));
  return data;
}

// The shapes of SqueezeNet's convolutions in the order of its file: outputs, weights.
struct NetConvolution {
  size_t outputs, weights;
};
inline std::vector<NetConvolution> net_convolutions() {
  std::vector<NetConvolution> out = {{96, 96 * 3 * 49}};
  size_t inputs = 96;
  for (size_t fire = 2; fire <= 9; ++fire) {
    const size_t squeeze = 16 * (fire / 2), expand = 64 * (fire / 2);
    out.push_back({squeeze, squeeze * inputs});
    out.push_back({expand, expand * squeeze});
    out.push_back({expand, expand * squeeze * 9});
    inputs = 2 * expand;
  }
  out.push_back({1000, 1000 * inputs});
  return out;
}

// A SqueezeNet file: convolution 0 has the given entries (code, gap), all others none. Codebook
// entry i is i / 2, the bias of output i is -i.
inline std::vector<uint8_t> make_net(const std::vector<std::pair<uint8_t, uint8_t>>& entries) {
  const std::vector<NetConvolution> convolutions = net_convolutions();
  std::vector<uint32_t> counts(convolutions.size());
  counts[0] = static_cast<uint32_t>(entries.size());
  std::vector<uint8_t> file;
  append_values<uint32_t>(file, counts);
  for (size_t index = 0; index < convolutions.size(); ++index) {
    std::vector<float> codebook(256), bias(convolutions[index].outputs);
    for (size_t i = 0; i < codebook.size(); ++i) codebook[i] = 0.5f * static_cast<float>(i);
    for (size_t i = 0; i < bias.size(); ++i) bias[i] = -static_cast<float>(i);
    append_values<float>(file, codebook);
    append_values<float>(file, bias);
    if (index > 0) continue;
    for (const auto& [code, gap] : entries) file.push_back(code);
    for (size_t i = 0; i < entries.size(); i += 2) {
      const int high = i + 1 < entries.size() ? entries[i + 1].second << 4 : 0;
      file.push_back(static_cast<uint8_t>(entries[i].second | high));
    }
  }
  return file;
}

}  // namespace convscope
