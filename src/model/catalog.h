// The networks that ConvScope knows by name, and what there is to say about them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bilingual.h"
#include "base/result.h"
#include "model/preprocessing.h"

namespace convscope {

struct CatalogEntry {
  std::string_view id, title;
  std::string_view format;  // of the file, for load_model
  std::string_view file;    // file name; `sha256` is empty where the file is built here
  std::string_view sha256 = {};
  int64_t bytes = 0;  // 0: not fixed
  Preprocessing preprocessing;
  Bilingual summary;   // one sentence
  Bilingual accuracy;  // published, and measured here
  std::string_view citation, licence, origin;
};

std::span<const CatalogEntry> model_catalog();
// Null where no network has that id.
const CatalogEntry* find_catalog_entry(std::string_view id);

// Class names, one per line, UTF-8. Fails where the number of lines is not `count`.
Result<std::vector<std::string>> read_labels(std::string_view text, int64_t count);

}  // namespace convscope
