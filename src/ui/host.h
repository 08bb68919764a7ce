// Host: what the page asks of the browser around it. The page module calls JavaScript; the tests
// record.
#pragma once

#include <string>
#include <string_view>

#include "protocol/types.h"

namespace convscope {

class Host {
 public:
  virtual ~Host() = default;
  // verb: model sample open_file webcam hash language theme cursor ime copy link restart_engine
  // retry frame.
  virtual void request(std::string_view verb, std::string_view a = {}, std::string_view b = {}) = 0;
  // Saves a file on the person's computer.
  virtual void save_file(std::string_view name, std::string_view mime, const Blob& bytes) = 0;
};

}  // namespace convscope
