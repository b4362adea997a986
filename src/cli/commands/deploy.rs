//! `deploy`: the manifests of a scheduled audit by the API, for review and `kubectl apply -f -`.

use crate::cli::args::DeployArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::sink::Sink;

/// Namespace, service account, rights, CronJob; `${…}` stands for what the user chooses.
const MANIFESTS: &str = include_str!("../../../deploy/manifests.yaml");

/// Prints the manifests.
pub(crate) fn run(args: &DeployArgs) -> Result<Exit, CliError> {
    let text = MANIFESTS
        .replace("${namespace}", &quoted(&args.namespace))
        .replace("${image}", &quoted(&args.image))
        .replace("${schedule}", &quoted(&args.schedule));
    Sink::open(None)?.fill(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}

/// A YAML text whatever it holds: JSON's quoting is valid YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
