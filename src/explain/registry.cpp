#include "explain/registry.h"

#include "explain/gradient.h"

namespace convscope {

std::span<const Method> explain_methods() {
  static const Method kMethods[] = {
      kGradient,
  };
  return kMethods;
}

}  // namespace convscope
