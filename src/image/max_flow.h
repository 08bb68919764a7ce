// MaxFlow: the smallest cut of a graph between a source and a sink.
//
// Boykov & Kolmogorov 2004, "An Experimental Comparison of Min-Cut/Max-Flow Algorithms for Energy
// Minimization in Vision" (PAMI 26): two search trees that are kept from one augmentation to the
// next. Whole numbers, so that every build finds the same cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace convscope {

class MaxFlow {
 public:
  // Node indices are 0 … nodes − 1; the terminals are apart.
  explicit MaxFlow(size_t nodes, size_t edges = 0);

  // Capacities are not negative. Calls for the same node add up.
  void add_terminal(size_t node, int64_t from_source, int64_t to_sink);
  void add_edge(size_t from, size_t to, int64_t capacity, int64_t back);

  // Sends flow along at most so many paths; true when no path is left. Terminals and edges are
  // there before the first call.
  bool advance(int64_t paths);
  // The largest flow: advance() to its end. The cut afterwards.
  int64_t run();
  bool on_source_side(size_t node) const;

 private:
  static constexpr int32_t kFree = -1, kTerminal = -2, kOrphan = -3;
  enum Tree : uint8_t { kSource, kSink };
  struct Arc {
    int32_t to, next;  // next: of the same node
    int64_t room;      // what may still flow
  };
  struct Node {
    int32_t first = -1;      // arc
    int32_t parent = kFree;  // the arc to the parent, or one of the three above
    Tree tree = kSource;
    bool active = false;
    int32_t stamp = 0, distance = 0;  // to the terminal, as it was known at that time
    int64_t room = 0;                 // from the source, or to the sink where it is negative
  };
  // Of arc `a` in the direction in which the tree's flow runs, for a node and its parent.
  int64_t& toward(Tree tree, int32_t a) { return arcs_[index(tree == kSource ? a ^ 1 : a)].room; }
  static size_t index(int32_t i) { return static_cast<size_t>(i); }
  void activate(int32_t node);
  void orphan(int32_t node);
  void plant();    // the trees begin at the terminals
  int32_t grow();  // the arc from the source's tree to the sink's; −1: none is left
  void augment(int32_t bridge);
  void adopt();
  int32_t distance_to_root(int32_t node);

  std::vector<Node> nodes_;
  std::vector<Arc> arcs_;  // an arc and the one back stand side by side
  std::deque<int32_t> active_, orphans_;
  int64_t flow_ = 0;
  bool planted_ = false;
  int32_t time_ = 0;
};

}  // namespace convscope
