// The nodes for which a network cannot be opened, under the notice that says so: by operator and
// reason, as a list that scrolls.
#pragma once

#include <string>
#include <vector>

#include "ui/ui.h"

namespace convscope {

class RefusedNodes {
 public:
  RefusedNodes(const Ui& ui, const Notice& notice, float width);

  // 0 without nodes; else as much of the list as there is room for, and never less than a few
  // lines.
  float shown_height(float room) const;
  void draw(Ui& ui, ImVec2 at, float height) const;

 private:
  // The nodes of one operator that cannot run for one reason.
  struct Group {
    std::string title;
    float title_height = 0;
    std::vector<const RefusedNode*> nodes = {};
  };

  const Notice& notice_;
  float width_ = 0, height_ = 0;
  std::vector<Group> groups_;
};

}  // namespace convscope
