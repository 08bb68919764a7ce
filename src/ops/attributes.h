// Attributes of an operator as text, the way bundles and printed graphs write them: "kernel=3,3
// strides=2,2".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace convscope {

class Attributes {
 public:
  void set(std::string name, std::string value) {
    values_.insert_or_assign(std::move(name), std::move(value));
  }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  // Each fails with `malformed` where the text is not of that type; a missing name gives the
  // fallback.
  Result<int64_t> integer(std::string_view name, int64_t fallback) const;
  Result<float> number(std::string_view name, float fallback) const;
  Result<std::vector<int64_t>> integers(std::string_view name, std::vector<int64_t> fallback) const;
  std::string text(std::string_view name, std::string_view fallback) const;
  // Names that are set, in order; an op factory refuses names that it does not know.
  std::vector<std::string> names() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace convscope
