// What Captum answers, as the make_*_cases.py beside this file wrote it, and the picture it was
// asked about.
//   `case NAME`, then `WORD LAYER EXTENTS… : VALUES…`; the layer is - where there is none.
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "tensor/tensor.h"

namespace convscope {

struct CaptumTensor {
  std::string word, layer;
  std::vector<int64_t> extents;
  std::vector<float> values;
};

// The tensors of one case of a file beside this one.
inline std::vector<CaptumTensor> read_captum_cases(const std::string& name_of_file,
                                                   std::string_view wanted) {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind('/')) + "/" + name_of_file);
  if (!file) file.open("tests/golden/" + name_of_file);  // compiled by a relative path
  std::vector<CaptumTensor> out;
  std::string text, word, name;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    line >> word;
    if (word == "case") {
      name = text.substr(5);
      continue;
    }
    if (name != wanted) continue;
    CaptumTensor& tensor = out.emplace_back();
    tensor.word = word;
    line >> tensor.layer;
    while (line >> word && word != ":") tensor.extents.push_back(std::stoll(word));
    while (line >> word) tensor.values.push_back(std::strtof(word.c_str(), nullptr));
  }
  return out;
}

inline const CaptumTensor& of(const std::vector<CaptumTensor>& all, std::string_view word) {
  const auto found = std::ranges::find(all, word, &CaptumTensor::word);
  CHECK(found != all.end());
  return *found;
}

// make_contribution_cases.py's picture(), as H×W×C.
inline std::vector<float> invented_picture(const Shape& shape) {
  std::vector<float> out;
  for (int64_t y = 0; y < shape[1]; ++y) {
    for (int64_t x = 0; x < shape[2]; ++x) {
      for (int c = 0; c < 3; ++c) {
        out.push_back(static_cast<float>(
            60 * std::sin(0.05 * (c + 1) * static_cast<double>(x + 1)) +
            50 * std::cos(0.002 * static_cast<double>(x) * static_cast<double>(y)) - 20 * c));
      }
    }
  }
  return out;
}

}  // namespace convscope
