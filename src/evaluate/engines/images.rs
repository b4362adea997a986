//! The images of a template, taken apart: those that containers run and those that are mounted as volumes.
//!
//! The form is that of <https://pkg.go.dev/github.com/distribution/reference>: `registry/repository:tag@digest`, where a
//! registry is told from the first part of a repository by a dot, a colon, or by being `localhost`.

use crate::facts::objects::{Container, PodSpec, Volume};
use crate::facts::{Cell, Gap, Lacking, Source};

crate::facts::record! {
    /// An image that a pod runs or mounts.
    #[derive(Debug)]
    pub struct Image {
        /// The container or the volume that it is for.
        pub name: String,
        /// `main`, `init`, `sidecar` or `ephemeral` for a container, `volume` for one that is mounted.
        pub role: String,
        /// What was asked for, as it was written.
        pub reference: String,
        /// The registry that it is pulled from: `docker.io` where none is written.
        pub registry: String,
        /// The repository within the registry, such as `library/nginx`.
        pub repository: String,
        /// The tag; absent where none is written, which means `latest`.
        pub tag: Option<String>,
        /// The digest; absent where none is written, or one that no registry can hold.
        pub digest: Option<String>,
        /// Whether the tag names a version or a build. One that names only a channel (`latest`, `stable`), a distribution (`alpine`) or an architecture floats: it stands for something else tomorrow.
        pub versioned: bool,
    }
}

crate::facts::record! {
    /// The images of a pod.
    #[derive(Debug, Default)]
    pub struct Images {
        /// Those of all containers and volumes.
        pub images: Cell<Vec<Image>>,
    }
}

impl Images {
    /// Takes the images of `spec` apart.
    pub(crate) fn of(spec: &PodSpec, lacking: &Lacking) -> Self {
        let gap = lacking
            .among(PodSpec::schema(), &["containers", "volumes"])
            .or_else(|| lacking.among(Container::schema(), &["image", "name", "role"]))
            .or_else(|| lacking.among(Volume::schema(), &["image", "name"]));
        if let Some(gap) = gap {
            return Self {
                images: Cell::Gap(gap.clone()),
            };
        }
        let containers = spec.containers.iter();
        let run = containers.map(|one| Image::parse(&one.name, &one.role, &one.image));
        let mounted = spec.volumes.iter().filter_map(|volume| {
            let image = volume.source.image.as_ref()?;
            Some(Image::parse(&volume.name, "volume", &image.reference))
        });
        let images: Vec<Image> = run.chain(mounted).collect();
        let unread = |image: &Image| image.role == "volume" && image.reference.is_empty();
        Self {
            images: match images.iter().any(unread) {
                // Older snapshots say that an image is mounted and not which.
                true => Cell::Gap(Gap::not_collected()),
                false => Cell::explicit(images, Source::computed("images of the pod")),
            },
        }
    }
}

impl Image {
    fn parse(name: &str, role: &str, reference: &str) -> Self {
        let (rest, digest) = match reference.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (reference, None),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (rest, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if is_registry(first) => (first.to_ascii_lowercase(), rest),
            _ => ("docker.io".to_owned(), path),
        };
        let registry = match registry.as_str() {
            "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
            _ => registry,
        };
        let official = registry == "docker.io" && !repository.contains('/');
        let tag = tag.filter(|tag| is_tag(tag));
        Self {
            name: name.to_owned(),
            role: role.to_owned(),
            reference: reference.to_owned(),
            repository: if official {
                format!("library/{repository}")
            } else {
                repository.to_owned()
            },
            registry,
            tag: tag.map(str::to_owned),
            digest: digest.filter(|text| is_digest(text)).map(str::to_owned),
            versioned: tag.is_some_and(names_a_version),
        }
    }
}

fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// The digests that registries hold (<https://github.com/opencontainers/image-spec/blob/main/descriptor.md>).
fn is_digest(digest: &str) -> bool {
    let long = |hex: &str, length: usize| {
        hex.len() == length && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
    };
    match digest.split_once(':') {
        Some(("sha256", hex)) => long(hex, 64),
        Some(("sha512", hex)) => long(hex, 128),
        _ => false,
    }
}

/// Where programs for one of these are kept apart by the tag, its number is no version.
const ARCHITECTURES: [&str; 17] = [
    "386", "aarch64", "amd64", "arm32", "arm64", "armhf", "armv5", "armv6", "armv7", "armv8",
    "i386", "i686", "ppc64le", "riscv64", "s390x", "x64", "x86",
];

/// What an image is built upon: `redis:alpine3.18` is whatever redis is newest.
const DISTRIBUTIONS: [&str; 13] = [
    "alpine",
    "amazonlinux",
    "bookworm",
    "bullseye",
    "centos",
    "debian",
    "fedora",
    "focal",
    "jammy",
    "noble",
    "trixie",
    "ubi",
    "ubuntu",
];

/// What moves on behind a version too: `1-latest`, `2.0-SNAPSHOT`.
const CHANNELS: [&str; 5] = ["canary", "edge", "latest", "nightly", "snapshot"];

fn names_a_version(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    let parts: Vec<&str> = tag.split(['-', '_']).collect();
    let counts = |part: &&str| {
        part.contains(|c: char| c.is_ascii_digit()) && !is_architecture(part) && !is_base(part)
    };
    let built = parts.iter().any(|part| is_build(part));
    let moves = parts.last().is_some_and(|last| CHANNELS.contains(last)) && !built;
    parts.iter().any(counts) && !parts.contains(&"latest") && !moves
}

/// A date, the number of a run, or the beginning of a commit's hash.
fn is_build(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let hex = part.chars().all(|c| c.is_ascii_hexdigit());
    hex && digits > 0 && part.len() >= 6
}

/// `amd64`, `arm64v8`, `x86` and the 64 that follows it.
fn is_architecture(part: &str) -> bool {
    let known = ARCHITECTURES.iter().any(|name| {
        let rest = part.strip_prefix(name);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('v') || (*name == "armv7" && rest == "l")
        })
    });
    known || part == "64" || part == "win32" || part == "win64"
}

/// `alpine3.18`, `debian12`: a distribution with its own number.
fn is_base(part: &str) -> bool {
    DISTRIBUTIONS.iter().any(|name| {
        let rest = part.strip_prefix(name);
        rest.is_some_and(|rest| rest.chars().all(|c| c == '.' || c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(reference: &str) -> Image {
        Image::parse("c", "main", reference)
    }

    #[test]
    fn a_reference_is_taken_apart_as_the_runtimes_do() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (reference, registry, repository, tag) in [
            ("nginx", "docker.io", "library/nginx", None),
            ("nginx:1", "docker.io", "library/nginx", Some("1")),
            ("team/app:1", "docker.io", "team/app", Some("1")),
            ("index.docker.io/team/app", "docker.io", "team/app", None),
            ("localhost/app:1", "localhost", "app", Some("1")),
            ("reg.example:5000/app", "reg.example:5000", "app", None),
            ("REG.example/a/b:v1", "reg.example", "a/b", Some("v1")),
            ("reg.example/app:", "reg.example", "app", None),
            ("reg.example/app:-x", "reg.example", "app", None),
            ("", "docker.io", "library/", None),
        ] {
            for suffix in [String::new(), format!("@{digest}"), "@nonsense".to_owned()] {
                let got = image(&format!("{reference}{suffix}"));
                let shown = (&*got.registry, &*got.repository, got.tag.as_deref());
                assert_eq!(shown, (registry, repository, tag), "{reference}{suffix}");
                assert_eq!(
                    got.digest.is_some(),
                    suffix.len() > 20,
                    "{reference}{suffix}"
                );
            }
        }
    }

    #[test]
    fn a_digest_is_as_long_as_its_hash() {
        for (digest, holds) in [
            (format!("sha256:{}", "0".repeat(64)), true),
            (format!("sha512:{}", "f".repeat(128)), true),
            (format!("sha256:{}", "0".repeat(63)), false),
            (format!("sha256:{}", "G".repeat(64)), false),
            (format!("sha256:{}", "A".repeat(64)), false),
            (format!("md5:{}", "0".repeat(32)), false),
            ("sha256:abc".to_owned(), false),
            ("sha256".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_digest(&digest), holds, "{digest}");
        }
    }

    #[test]
    fn what_names_no_version_floats() {
        let floats = "latest LATEST latest-alpine 1-latest v2-latest alpine develop SNAPSHOT canary lts stable edge \
             nightly main master dev test prod rc beta slim bookworm jammy stable-alpine3.18 lts-alpine alpine3.18 \
             debian12 ubuntu22.04 linux-amd64 arm64v8 x86_64 2.0-SNAPSHOT 1-nightly 1.2-edge \
             release production mainline-perl _ latest_1";
        for tag in floats.split_whitespace() {
            assert!(!names_a_version(tag), "{tag}");
        }
        let fixed = "1 1.27 v1.2.3 1.27-alpine 1.27.3-alpine3.18 3.12-slim-bookworm 20240101 2024-01-01 3f2a9bc \
             sha-3f2a9bc main-3f2a9bc dev-20240101 20240101-nightly r12 rc1 1.2.3-prod 1.2.3-dev jdk17 k8s-1.30 \
             build.42 1.0.0-amd64 v1.5.0-arm64 1.2_3";
        for tag in fixed.split_whitespace() {
            assert!(names_a_version(tag), "{tag}");
        }
    }

    #[test]
    fn mounted_images_count() {
        let spec: PodSpec = serde_json::from_value(serde_json::json!({
            "containers": [{"name": "c", "role": "ephemeral", "image": "a:1"}],
            "volumes": [{"name": "v", "image": {"reference": "b"}}, {"name": "w", "emptyDir": {}}],
        }))
        .unwrap();
        let images = Images::of(&spec, &Lacking::default()).images;
        let images = images.value().unwrap().iter();
        let shown: Vec<_> = images
            .map(|image| (&*image.role, &*image.reference))
            .collect();
        assert_eq!(shown, [("ephemeral", "a:1"), ("volume", "b")]);
        let bare = serde_json::json!({"volumes": [{"name": "v", "image": {}}]});
        let spec = serde_json::from_value(bare).unwrap();
        assert!(
            Images::of(&spec, &Lacking::default())
                .images
                .gap()
                .is_some()
        );
    }
}
