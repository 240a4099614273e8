// The extended attributes that users gave to a file: "user.comment" and its value.
#pragma once

#include <string>

#include "stages/walk/xfs/inode.h"

namespace ambit::walk::xfs {

struct Attribute {
  std::string name;  // without "user."
  std::string value;
};

struct Attributes {
  std::vector<Attribute> list;  // with a value, in the order of the disk
  bool whole = true;            // false: something contradicts itself; what was read until then counts
};

// `mapping` is that of the fork `inode.attributes` where its format is not local, else unused.
void read_attributes(Reading& reading, const Inode& inode, const Mapping& mapping, Attributes& into);

}  // namespace ambit::walk::xfs
