//! The files of a node as one component sees them: its own paths, served from the raw tree.

use super::Purpose;
use super::inquiry::Inquiry;
use super::instances::Instance;
use crate::facts::component::{DirectoryRead, FileRead, Files};

/// How deep directories of configuration are followed; nobody nests them deeper.
const DEPTH: u32 = 4;

/// Serves configuration to the normaliser of one component; what the tree does not hold yet becomes a request.
pub(super) struct NodeFiles<'a, 't> {
    pub(super) instance: &'a Instance,
    pub(super) inquiry: &'a mut Inquiry<'t>,
}

impl Files for NodeFiles<'_, '_> {
    fn text(&mut self, path: &str) -> FileRead {
        let look = self
            .instance
            .on_node(path)
            .and_then(|path| self.inquiry.text(&path, Purpose::Config));
        match look {
            Ok(Some(text)) => FileRead::Text(text.to_owned()),
            Ok(None) => FileRead::NotFound,
            Err(gap) => FileRead::Gap(gap),
        }
    }

    fn list(&mut self, directory: &str) -> DirectoryRead {
        let below = self.instance.on_node(directory).and_then(|host| {
            let below = self.inquiry.below(&host, DEPTH)?;
            Ok(below.map(|paths| {
                // The component knows them by its own name for the directory.
                let own = |path: &String| {
                    Some(format!("{directory}{}", path.strip_prefix(host.as_str())?))
                };
                paths.iter().filter_map(own).collect()
            }))
        });
        match below {
            Ok(Some(paths)) => DirectoryRead::Paths(paths),
            Ok(None) => DirectoryRead::NotFound,
            Err(gap) => DirectoryRead::Gap(gap),
        }
    }
}
