#include "image/max_flow.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace convscope {
namespace {
constexpr int32_t kUnreachable = std::numeric_limits<int32_t>::max();
}

MaxFlow::MaxFlow(size_t nodes, size_t edges) : nodes_(nodes) {
  CHECK(nodes < index(kUnreachable) / 2);
  arcs_.reserve(2 * edges);
}

void MaxFlow::add_terminal(size_t node, int64_t from_source, int64_t to_sink) {
  CHECK(from_source >= 0 && to_sink >= 0);
  int64_t& room = nodes_[node].room;
  // What can flow straight through does.
  const int64_t source = from_source + std::max<int64_t>(room, 0);
  const int64_t sink = to_sink + std::max<int64_t>(-room, 0);
  flow_ += std::min(source, sink);
  room = source - sink;
}

void MaxFlow::add_edge(size_t from, size_t to, int64_t capacity, int64_t back) {
  CHECK(capacity >= 0 && back >= 0 && from != to);
  const auto a = static_cast<int32_t>(arcs_.size());
  arcs_.push_back({static_cast<int32_t>(to), nodes_[from].first, capacity});
  arcs_.push_back({static_cast<int32_t>(from), nodes_[to].first, back});
  nodes_[from].first = a;
  nodes_[to].first = a + 1;
}

void MaxFlow::activate(int32_t node) {
  Node& n = nodes_[index(node)];
  if (n.active) return;
  n.active = true;
  active_.push_back(node);
}

void MaxFlow::orphan(int32_t node) {
  nodes_[index(node)].parent = kOrphan;
  orphans_.push_back(node);
}

void MaxFlow::plant() {
  planted_ = true;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    Node& n = nodes_[i];
    if (n.room == 0) continue;
    n.parent = kTerminal;
    n.tree = n.room > 0 ? kSource : kSink;
    n.distance = 1;
    activate(static_cast<int32_t>(i));
  }
}

bool MaxFlow::advance(int64_t paths) {
  if (!planted_) plant();
  for (int64_t i = 0; i < paths; ++i) {
    const int32_t bridge = grow();
    if (bridge < 0) return true;
    ++time_;
    augment(bridge);
    adopt();
  }
  return false;
}

int64_t MaxFlow::run() {
  while (!advance(std::numeric_limits<int64_t>::max())) {
  }
  return flow_;
}

bool MaxFlow::on_source_side(size_t node) const {
  const Node& n = nodes_[node];
  return n.parent != kFree && n.tree == kSource;
}

int32_t MaxFlow::grow() {
  for (; !active_.empty(); active_.pop_front()) {
    const int32_t v = active_.front();
    Node& node = nodes_[index(v)];
    for (int32_t a = node.parent == kFree ? -1 : node.first; a >= 0; a = arcs_[index(a)].next) {
      // From the child's side, `a ^ 1` is the arc to its parent.
      if (toward(node.tree, a ^ 1) == 0) continue;
      const int32_t u = arcs_[index(a)].to;
      Node& other = nodes_[index(u)];
      if (other.parent == kFree) {
        other.tree = node.tree;
      } else if (other.tree != node.tree) {
        return node.tree == kSource ? a : a ^ 1;
      } else if (other.distance <= node.distance + 1 || other.stamp > node.stamp) {
        continue;
      }
      const bool was_free = other.parent == kFree;
      other.parent = a ^ 1;
      other.stamp = node.stamp;
      other.distance = node.distance + 1;
      if (was_free) activate(u);
    }
    node.active = false;
  }
  return -1;
}

void MaxFlow::augment(int32_t bridge) {
  const int32_t ends[] = {arcs_[index(bridge ^ 1)].to, arcs_[index(bridge)].to};  // source, sink
  int64_t least = arcs_[index(bridge)].room;
  for (const Tree tree : {kSource, kSink}) {
    int32_t v = ends[tree];
    for (; nodes_[index(v)].parent >= 0; v = arcs_[index(nodes_[index(v)].parent)].to)
      least = std::min(least, toward(tree, nodes_[index(v)].parent));
    least = std::min(least, std::abs(nodes_[index(v)].room));
  }
  arcs_[index(bridge)].room -= least;
  arcs_[index(bridge ^ 1)].room += least;
  flow_ += least;
  for (const Tree tree : {kSource, kSink}) {
    int32_t v = ends[tree];
    for (int32_t a = nodes_[index(v)].parent; a >= 0; a = nodes_[index(v)].parent) {
      const int32_t above = arcs_[index(a)].to;
      toward(tree, a) -= least;
      toward(tree, a ^ 1) += least;
      if (toward(tree, a) == 0) orphan(v);
      v = above;
    }
    Node& root = nodes_[index(v)];
    root.room += tree == kSource ? -least : least;
    if (root.room == 0) orphan(v);
  }
}

// By way of the parents; stamps what it passes, where it ends at the terminal.
int32_t MaxFlow::distance_to_root(int32_t node) {
  int32_t steps = 0, v = node;
  for (;; v = arcs_[index(nodes_[index(v)].parent)].to, ++steps) {
    Node& n = nodes_[index(v)];
    if (n.stamp == time_) break;
    if (n.parent == kTerminal) {
      n.stamp = time_;
      n.distance = 1;
      break;
    }
    if (n.parent < 0) return kUnreachable;
  }
  const int32_t total = steps + nodes_[index(v)].distance;
  int32_t distance = total;
  for (v = node; nodes_[index(v)].stamp != time_; v = arcs_[index(nodes_[index(v)].parent)].to) {
    nodes_[index(v)].stamp = time_;
    nodes_[index(v)].distance = distance--;
  }
  return total;
}

void MaxFlow::adopt() {
  for (; !orphans_.empty(); orphans_.pop_front()) {
    const int32_t v = orphans_.front();
    Node& node = nodes_[index(v)];
    int32_t best = -1, nearest = kUnreachable;
    for (int32_t a = node.first; a >= 0; a = arcs_[index(a)].next) {
      const Node& other = nodes_[index(arcs_[index(a)].to)];
      if (other.tree != node.tree || other.parent == kFree || toward(node.tree, a) == 0) continue;
      const int32_t distance = distance_to_root(arcs_[index(a)].to);
      if (distance < nearest) nearest = distance, best = a;
    }
    if (best >= 0) {
      node.parent = best;
      node.stamp = time_;
      node.distance = nearest + 1;
      continue;
    }
    for (int32_t a = node.first; a >= 0; a = arcs_[index(a)].next) {
      const int32_t u = arcs_[index(a)].to;
      const Node& other = nodes_[index(u)];
      if (other.tree != node.tree || other.parent == kFree) continue;
      if (toward(node.tree, a) != 0) activate(u);
      if (other.parent >= 0 && arcs_[index(other.parent)].to == v) orphan(u);
    }
    node.parent = kFree;
    node.stamp = 0;
  }
}

}  // namespace convscope
