//! Whose network this process is in.

use std::fs::read_link;
use std::path::Path;

/// Whether the node whose file system is at `root` has the network of this process: addresses of one are not those of
/// another, loopback least of all.
pub(super) fn is_of_this_process(root: &Path) -> bool {
    if root == Path::new("/") {
        return true;
    }
    // The first process of a node is in the node's own network (network_namespaces(7)).
    let node = read_link(root.join("proc/1/ns/net"));
    matches!((node, read_link("/proc/self/ns/net")), (Ok(node), Ok(own)) if node == own)
}
